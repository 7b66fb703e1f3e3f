// What policies ask of the cluster: which of them a request concerns, with which parameters, and what they see of it.
import type { KubeObject } from '#lib/api/resource.ts';
import { namespaces } from '#lib/api/resources.ts';
import { notFound } from '#lib/api/status.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Authorize } from '../../authorization/attributes.ts';
import type { LoadCel } from '../../cel/load-cel.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Attributes } from '../admission.ts';
import type { Match } from '../webhooks/match.ts';
import type { Bound } from './bindings.ts';
import { type Context, contextOf } from './context.ts';
import type { HoldMeasured } from './hold-measured.ts';
import { findParams } from './params.ts';
import { matchResources } from './rules.ts';

export interface PolicyFacts {
  /** As what the request matches; undefined: it is none of their business. */
  matchOf(bound: Bound, attributes: Attributes): Match | undefined;
  /** One undefined where the policy takes none. @throws {Error} if there are none and must be */
  paramsOf(bound: Bound, attributes: Attributes, signal: AbortSignal): Promise<readonly (KubeObject | undefined)[]>;
  contextFor(attributes: Attributes, match: Match): Promise<Context>;
}

export interface PoliciesOptions {
  readonly registry: Registry;
  readonly authorize: Authorize;
  readonly loadCel: LoadCel;
  readonly hold: HoldMeasured;
  readonly metrics: Metrics;
}

export function createPolicyFacts({
  registry,
  authorize,
}: Pick<PoliciesOptions, 'registry' | 'authorize'>): PolicyFacts {
  const namespaceNamed = registry.reader(namespaces).get;

  function labelsOf(name: string): Readonly<Record<string, string>> {
    const found = namespaceNamed(name);
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
    return found.metadata.labels ?? {};
  }

  return {
    matchOf({ policy, binding }, attributes) {
      const match = matchResources(attributes, policy.spec.matchConstraints, labelsOf);
      if (match === undefined) return undefined;
      return matchResources(attributes, binding.spec.matchResources, labelsOf) === undefined ? undefined : match;
    },
    async paramsOf({ policy, binding }, { namespace }, signal) {
      const { paramKind } = policy.spec;
      const { paramRef } = binding.spec;
      if (paramKind === undefined || paramRef === undefined) return [undefined];
      return findParams(registry, paramKind, paramRef, namespace, signal);
    },
    async contextFor(attributes, match) {
      const seen = async <T>(object: T) =>
        object === undefined || match.as === 'itself' ? object : match.equivalent.to(object as never);
      const [object, oldObject] = [await seen(attributes.object), await seen(attributes.oldObject)];
      const isOwn = attributes.group === '' && attributes.resource === 'namespaces';
      const namespace = attributes.namespace === '' || isOwn ? undefined : namespaceNamed(attributes.namespace);
      return contextOf({ attributes, match, object, oldObject, namespace, authorize });
    },
  };
}
