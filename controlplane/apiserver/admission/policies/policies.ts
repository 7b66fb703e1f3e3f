// ValidatingAdmissionPolicy: admission by expressions that people write. The language is loaded with the first policy.
import { namespaces, validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from '#lib/api/resources.ts';
import { failure, notFound, type StatusError } from '#lib/api/status.ts';
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { Reason } from '#lib/errors.ts';
import type { Authorize } from '../../authorization/attributes.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Attributes, Plugin } from '../admission.ts';
import { refuse } from '../refuse.ts';
import { isExempt, type Match } from '../webhooks/match.ts';
import { firstLine } from './conditions.ts';
import { type Context, contextOf, withParams } from './context.ts';
import { findParams } from './params.ts';
import { type CompiledPolicy, compilePolicy, type Denial, judge } from './policy.ts';
import { matchResources } from './rules.ts';

export interface PoliciesOptions {
  readonly registry: Registry;
  readonly authorize: Authorize;
}

export function createValidatingPolicies({ registry, authorize }: PoliciesOptions): Plugin {
  const policies = registry.reader(validatingAdmissionPolicies);
  const bindings = registry.reader(validatingAdmissionPolicyBindings);
  const namespaceNamed = registry.reader(namespaces).get;
  const compiled = new WeakMap<ValidatingAdmissionPolicy, CompiledPolicy>();
  let bound: readonly Bound[] | undefined;
  policies.onChange(() => {
    bound = undefined;
  });
  bindings.onChange(() => {
    bound = undefined;
  });

  function all(): readonly Bound[] {
    bound ??= bindings.list().flatMap((binding) => {
      const policy = policies.get(binding.spec.policyName);
      return policy === undefined ? [] : [{ policy, binding }];
    });
    return bound;
  }

  async function compile(policy: ValidatingAdmissionPolicy): Promise<CompiledPolicy> {
    const known = compiled.get(policy);
    if (known !== undefined) return known;
    const { compileExpression } = await import('#lib/cel/compile.ts');
    const made = compilePolicy(policy, compileExpression);
    compiled.set(policy, made);
    return made;
  }

  function labelsOf(name: string): Readonly<Record<string, string>> {
    const found = namespaceNamed(name);
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
    return found.metadata.labels ?? {};
  }

  async function contextFor(attributes: Attributes, match: Match): Promise<Context> {
    const seen = async <T>(object: T) =>
      object === undefined || match.as === 'itself' ? object : match.equivalent.to(object as never);
    const [object, oldObject] = [await seen(attributes.object), await seen(attributes.oldObject)];
    const isOwn = attributes.group === '' && attributes.resource === 'namespaces';
    const namespace = attributes.namespace === '' || isOwn ? undefined : namespaceNamed(attributes.namespace);
    return contextOf({ attributes, match, object, oldObject, namespace, authorize });
  }

  async function denials(
    { policy, binding }: Bound,
    attributes: Attributes,
    context: Context,
    signal: AbortSignal,
  ): Promise<readonly Denial[]> {
    const made = await compile(policy);
    const { paramKind } = policy.spec;
    const { paramRef } = binding.spec;
    if (paramKind === undefined || paramRef === undefined) return judge(made, context);
    try {
      const params = await findParams(registry, paramKind, paramRef, attributes.namespace, signal);
      return params.flatMap((one) => judge(made, withParams(context, one)));
    } catch (error) {
      const why = firstLine((error as Error).message);
      return made.failsClosed ? [{ message: `failed to configure binding: ${why}`, reason: 'Invalid' }] : [];
    }
  }

  async function validate(attributes: Attributes, signal: AbortSignal): Promise<void> {
    for (const one of all()) {
      const match = matchResources(attributes, one.policy.spec.matchConstraints, labelsOf);
      if (match === undefined) continue;
      if (matchResources(attributes, one.binding.spec.matchResources, labelsOf) === undefined) continue;
      const found = await denials(one, attributes, await contextFor(attributes, match), signal);
      act(one, found, attributes);
    }
  }

  return {
    name: 'ValidatingAdmissionPolicy',
    validate(attributes, signal) {
      if (all().length === 0 || isExempt(attributes)) return undefined;
      return validate(attributes, signal);
    },
  };
}

interface Bound {
  readonly policy: ValidatingAdmissionPolicy;
  readonly binding: ValidatingAdmissionPolicyBinding;
}

/** @throws {StatusError} if the binding denies what its policy speaks against */
function act({ policy, binding }: Bound, denials: readonly Denial[], attributes: Attributes): void {
  const actions = binding.spec.validationActions;
  const named = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
  for (const { message } of denials) {
    if (actions.includes('Warn')) attributes.warn(`Validation failed for ${named}: ${message}`);
  }
  const [first] = denials;
  if (first !== undefined && actions.includes('Deny')) {
    throw denied(attributes, `${named} denied request: ${first.message}`, first.reason);
  }
}

/** As a plugin's refusal reads, but with the reason that the policy gives. */
function denied(attributes: Attributes, message: string, reason: string): StatusError {
  const { status } = refuse(attributes, message, [{ message }]);
  const known = (codes.has(reason) ? reason : 'Invalid') as Reason;
  return failure(known, status.message ?? message, status.details);
}
const codes: ReadonlySet<string> = new Set(['Forbidden', 'Unauthorized', 'RequestEntityTooLarge', 'Invalid']);
