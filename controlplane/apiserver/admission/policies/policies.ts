// ValidatingAdmissionPolicy: admission by expressions that people write. The language is loaded with the first policy.
import { validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from '#lib/api/resources.ts';
import { failure, type StatusError } from '#lib/api/status.ts';
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { Reason } from '#lib/errors.ts';
import type { Attributes, Plugin } from '../admission.ts';
import { refuse } from '../refuse.ts';
import { isExempt } from '../webhooks/match.ts';
import { type Bound as AnyBound, createBindings } from './bindings.ts';
import { firstLine } from './conditions.ts';
import { type Context, withParams } from './context.ts';
import { createPolicyFacts, type PoliciesOptions } from './facts.ts';
import { createPolicyMetrics } from './metrics.ts';
import { type CompiledPolicy, compilePolicy, type Finding, failed, judge } from './policy.ts';

type Bound = AnyBound<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>;

export function createValidatingPolicies(options: PoliciesOptions): Plugin {
  const { registry, loadCel, hold } = options;
  const all = createBindings(
    registry.reader(validatingAdmissionPolicies),
    registry.reader(validatingAdmissionPolicyBindings),
  );
  const facts = createPolicyFacts(options);
  const count = createPolicyMetrics(options.metrics);
  const compiled = new WeakMap<ValidatingAdmissionPolicy, CompiledPolicy>();

  async function compile(policy: ValidatingAdmissionPolicy): Promise<CompiledPolicy> {
    const known = compiled.get(policy);
    if (known !== undefined) return known;
    const made = compilePolicy(policy, await loadCel());
    compiled.set(policy, made);
    return made;
  }

  async function findings(
    bound: Bound,
    attributes: Attributes,
    context: Context,
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    const { operation } = attributes;
    const made = await compile(bound.policy);
    try {
      const params = await facts.paramsOf(bound, attributes, signal);
      const about = { name: bound.policy.metadata.name, kind: 'policy', type: 'validate', operation } as const;
      return params.flatMap((one) => judge(made, withParams(context, one), (all, facts) => hold(all, facts, about)));
    } catch (error) {
      const why = firstLine((error as Error).message);
      return made.failsClosed ? [failed(`failed to configure binding: ${why}`, 'invalid_error', made)] : [];
    }
  }

  async function validate(attributes: Attributes, signal: AbortSignal): Promise<void> {
    let refusal: StatusError | undefined;
    for (const one of all()) {
      const match = facts.matchOf(one, attributes);
      if (match === undefined) continue;
      const fromMs = performance.now();
      const found = await findings(one, attributes, await facts.contextFor(attributes, match), signal);
      count(one, found, performance.now() - fromMs);
      const denials = found.filter(({ isIgnored }) => !isIgnored);
      const next = act(one, denials, attributes);
      refusal ??= next; // the first decides; the others may still warn
    }
    if (refusal !== undefined) throw refusal;
  }

  return {
    name: 'ValidatingAdmissionPolicy',
    validate(attributes, signal) {
      if (all().length === 0 || isExempt(attributes)) return undefined;
      return validate(attributes, signal);
    },
  };
}

/** Warns, and returns the refusal if the binding denies what its policy speaks against. */
function act({ policy, binding }: Bound, denials: readonly Finding[], attributes: Attributes): StatusError | undefined {
  const actions = binding.spec.validationActions;
  const named = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
  for (const { message } of denials) {
    if (actions.includes('Warn')) attributes.warn(`Validation failed for ${named}: ${message}`);
  }
  const [first] = denials;
  if (first !== undefined && actions.includes('Deny')) {
    return denied(attributes, `${named} denied request: ${first.message}`, first.reason);
  }
  return undefined;
}

/** As a plugin's refusal reads, but with the reason that the policy gives. */
function denied(attributes: Attributes, message: string, reason: string): StatusError {
  const { status } = refuse(attributes, message, [{ message }]);
  const known = (codes.has(reason) ? reason : 'Invalid') as Reason;
  return failure(known, status.message ?? message, status.details);
}
const codes: ReadonlySet<string> = new Set(['Forbidden', 'Unauthorized', 'RequestEntityTooLarge', 'Invalid']);
