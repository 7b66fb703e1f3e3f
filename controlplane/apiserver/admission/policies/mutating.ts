// MutatingAdmissionPolicy: changes by expressions that people write. Rule: k8s.io/apiserver admission/plugin/policy/mutating, dispatcher.
import { deduced } from '#lib/api/apply/shape.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings } from '#lib/api/resources.ts';
import { StatusError } from '#lib/api/status.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { Attributes, Plugin } from '../admission.ts';
import { refuse } from '../refuse.ts';
import { change } from '../webhooks/change.ts';
import { isExempt, type Match } from '../webhooks/match.ts';
import { createMemory } from '../webhooks/memory.ts';
import { type Bound as AnyBound, createBindings } from './bindings.ts';
import { firstLine } from './conditions.ts';
import { forConditions, withParams } from './context.ts';
import { type ErrorType, errorTypeOf } from './error-type.ts';
import { createPolicyFacts, type PoliciesOptions } from './facts.ts';
import { createMutationMetrics } from './metrics.ts';
import { type CompiledMutations, compileMutations, wishOf } from './mutation.ts';
import { withVariables } from './variables.ts';

type Bound = AnyBound<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;

/** One policy by one binding with one parameter, for one request. */
interface Invocation {
  readonly bound: Bound;
  readonly match: Match;
  readonly param: KubeObject | undefined;
}

interface Problem {
  readonly bound: Bound;
  readonly message: string;
  readonly reason: 'Forbidden' | 'Invalid';
}

export function createMutatingPolicies(options: PoliciesOptions): Plugin {
  const { registry, loadCel, hold } = options;
  const all = createBindings(
    registry.reader(mutatingAdmissionPolicies),
    registry.reader(mutatingAdmissionPolicyBindings),
  );
  const facts = createPolicyFacts(options);
  const count = createMutationMetrics(options.metrics);
  const memory = createMemory();
  const compiled = new WeakMap<MutatingAdmissionPolicy, CompiledMutations>();

  async function compile(policy: MutatingAdmissionPolicy): Promise<CompiledMutations> {
    const known = compiled.get(policy);
    if (known !== undefined) return known;
    const [compileExpression, { applyConfiguration }, { applyPatch }] = await Promise.all([
      loadCel(),
      import('./apply-configuration.ts'),
      import('./json-patch.ts'),
    ]);
    const applies = { ApplyConfiguration: applyConfiguration, JSONPatch: applyPatch };
    const made = compileMutations(policy, compileExpression, applies);
    compiled.set(policy, made);
    return made;
  }

  /** All that the request concerns, with their parameters: they are found before anything is changed. */
  async function invocationsOf(attributes: Attributes, problems: Problem[], signal: AbortSignal) {
    const found: Invocation[] = [];
    for (const bound of all()) {
      const match = facts.matchOf(bound, attributes);
      if (match === undefined) continue;
      try {
        for (const param of await facts.paramsOf(bound, attributes, signal)) found.push({ bound, match, param });
      } catch (error) {
        const message = `failed to configure binding: ${firstLine((error as Error).message)}`;
        problems.push({ bound, message, reason: 'Forbidden' });
      }
    }
    return found;
  }

  /** Returns whether the object changed. A mutation that fails leaves what those before it made. */
  async function run({ bound, match, param }: Invocation, attributes: Attributes, problems: Problem[]) {
    const { variables, mutations } = await compile(bound.policy);
    const shape = (match.as === 'itself' ? attributes.shape : match.equivalent.shape) ?? deduced;
    let hasChanged = false;
    for (const mutation of mutations) {
      const fromMs = performance.now();
      let outcome: ErrorType = 'no_error';
      try {
        const context = withParams(await facts.contextFor(attributes, match), param);
        const wish = wishOf(mutation, withVariables(variables, context));
        if (await change(attributes, match, (object) => mutation.apply(object, wish, shape))) hasChanged = true;
      } catch (error) {
        outcome = errorTypeOf(mutation.expression, (error as Error).cause);
        if (error instanceof StatusError) throw error;
        problems.push({ bound, message: (error as Error).message, reason: 'Invalid' });
      } finally {
        count(bound.policy.metadata.name, bound.binding.metadata.name, outcome, performance.now() - fromMs);
      }
    }
    return hasChanged;
  }

  /** Undefined: that cannot be told. */
  async function fits({ bound, match, param }: Invocation, attributes: Attributes, problems: Problem[]) {
    const { conditions, variables } = await compile(bound.policy);
    if (conditions.length === 0) return true;
    try {
      const context = withParams(await facts.contextFor(attributes, match), param);
      const about = { name: bound.policy.metadata.name, kind: 'policy', type: 'validate' } as const;
      const full = forConditions(withVariables(variables, context));
      return hold(conditions, full, { ...about, operation: attributes.operation });
    } catch (error) {
      problems.push({ bound, message: (error as Error).message, reason: 'Invalid' });
      return false;
    }
  }

  async function mutate(attributes: Attributes, signal: AbortSignal): Promise<'again' | undefined> {
    const problems: Problem[] = [];
    const turn = memory.of(attributes);
    let hasChanged = false;
    for (const invocation of await invocationsOf(attributes, problems, signal)) {
      if (!(await fits(invocation, attributes, problems))) continue;
      const id = idOf(invocation);
      if (!turn.mayCall(id)) continue;
      if (await run(invocation, attributes, problems)) {
        hasChanged = true;
        turn.changed();
      }
      turn.called(id, invocation.bound.policy.spec.reinvocationPolicy === 'IfNeeded');
    }
    turn.end();
    refuseFor(problems, attributes);
    return hasChanged && !attributes.isReinvocation ? 'again' : undefined;
  }

  return {
    name: 'MutatingAdmissionPolicy',
    mutate(attributes, signal) {
      if (all().length === 0 || attributes.object === undefined || isExempt(attributes)) return undefined;
      return mutate(attributes, signal);
    },
  };
}

function idOf({ bound: { policy, binding }, param }: Invocation): string {
  const { namespace = '', name = '' } = param?.metadata ?? {};
  return [policy.metadata.name, binding.metadata.name, namespace, name].join('/');
}

/** @throws {StatusError} if one of the problems matters: the first is told, all are causes */
function refuseFor(problems: readonly Problem[], attributes: Attributes): void {
  const grave = problems.filter(({ bound }) => bound.policy.spec.failurePolicy !== 'Ignore');
  const [first] = grave;
  if (first === undefined) return;
  const causes = grave.map((one) => ({ message: wordsOf(one) }));
  const { status } = refuse(attributes, '', causes);
  throw new StatusError({ ...status, reason: first.reason, message: wordsOf(first) });
}

function wordsOf({ bound: { policy, binding }, message }: Problem): string {
  return `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${message}`;
}
