import type { MatchResources, ParamKind, ParamRef } from '#lib/api/types/admissionregistration.v1.ts';
import type { ObjectMeta } from '#lib/api/types/meta.v1.ts';
import type { CacheReader } from '../../registry/registry.ts';

/** What policies that validate and policies that mutate have in common. */
export interface Policy {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly matchConstraints?: MatchResources | undefined;
    readonly paramKind?: ParamKind | undefined;
    readonly failurePolicy?: 'Fail' | 'Ignore' | undefined;
  };
}

export interface Binding {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly policyName?: string | undefined;
    readonly paramRef?: ParamRef | undefined;
    readonly matchResources?: MatchResources | undefined;
  };
}

export interface Bound<P extends Policy = Policy, B extends Binding = Binding> {
  readonly policy: P;
  readonly binding: B;
}

/** All bindings whose policy is there, by the names of policies, then of bindings. Kept until one of them changes. */
export function createBindings<P extends Policy, B extends Binding>(
  policies: CacheReader<P>,
  bindings: CacheReader<B>,
): () => readonly Bound<P, B>[] {
  let known: readonly Bound<P, B>[] | undefined;
  const forget = () => {
    known = undefined;
  };
  policies.onChange(forget);
  bindings.onChange(forget);
  return () => (known ??= pairs(policies.list(), bindings.list()));
}

function pairs<P extends Policy, B extends Binding>(policies: readonly P[], bindings: readonly B[]): Bound<P, B>[] {
  const byPolicy = Map.groupBy(bindings, ({ spec }) => spec.policyName ?? '');
  return policies.flatMap((policy) =>
    (byPolicy.get(policy.metadata.name ?? '') ?? []).map((binding) => ({ policy, binding })),
  );
}
