import type { KubeObject } from '#lib/api/resource.ts';
import type { Namespace } from '#lib/api/types/core.v1.ts';
import { type Access, createAuthorizer } from '#lib/cel/authorizer.ts';
import { type Budget, mostForConditions, mostPerPolicy } from '#lib/cel/meter.ts';
import { lazyMap, toCel } from '#lib/cel/values.ts';
import type { Authorize } from '../../authorization/attributes.ts';
import type { Attributes } from '../admission.ts';
import type { Match } from '../webhooks/match.ts';
import { requestOf } from '../webhooks/review.ts';

/** What every expression may name. `variables` are those that the policy itself makes. */
export const variableNames = [
  'object',
  'oldObject',
  'request',
  'params',
  'namespaceObject',
  'authorizer',
  'variables',
] as const;

/** What the matchConditions of a webhook may name. */
export const webhookVariableNames = ['object', 'oldObject', 'request', 'authorizer'] as const;

export interface Context {
  readonly values: Readonly<Record<string, unknown>>;
  /** What all expressions of one policy may still cost. */
  readonly budget: Budget;
}

export interface ContextFacts {
  readonly attributes: Attributes;
  readonly match: Match;
  /** In the version that the rules name. */
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly namespace: Namespace | undefined;
  readonly authorize: Authorize;
}

export function contextOf({ attributes, match, object, oldObject, namespace, authorize }: ContextFacts): Context {
  const request = requestOf({ attributes, match, object, oldObject });
  const shown = { ...request, dryRun: attributes.isDryRun, options: attributes.options?.() ?? null };
  const values = {
    object: toCel(object),
    oldObject: toCel(oldObject),
    request: toCel(shown),
    namespaceObject: toCel(namespace),
    params: null,
    variables: lazyMap(new Map()),
  };
  const { group, resource, subresource, namespace: where, name } = attributes;
  const authorizer = createAuthorizer(accessOf(attributes, authorize), {
    group,
    resource,
    subresource,
    namespace: where,
    name,
  });
  return { values: { ...values, authorizer }, budget: { left: mostPerPolicy } };
}

function accessOf({ user: requester }: Attributes, authorize: Authorize): Access {
  return ({ verb, serviceAccount, path, fieldSelector, labelSelector: _, ...what }) => {
    const user =
      serviceAccount === undefined
        ? requester
        : {
            name: `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`,
            groups: [
              'system:serviceaccounts',
              `system:serviceaccounts:${serviceAccount.namespace}`,
              'system:authenticated',
            ],
          };
    const fields = fieldSelector === undefined ? {} : { fields: fieldsIn(fieldSelector) };
    return authorize({ user, verb, isResource: path === undefined, path: path ?? '', ...what, ...fields });
  };
}

/** What a field selector demands to be so; what it demands not to be is no limit that an authorizer can use. */
function fieldsIn(selector: string): ReadonlyMap<string, string> {
  const pairs = selector.split(',').map((part) => /^([^=!]+)==?([^=]*)$/.exec(part));
  return new Map(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1]!, pair[2]!] as const])));
}

/** The context with the parameters of one binding, and a budget of its own. */
export function withParams({ values }: Context, params: KubeObject | undefined): Context {
  return { values: { ...values, params: toCel(params) }, budget: { left: mostPerPolicy } };
}

/** The context for conditions, which have a smaller budget. */
export function forConditions({ values }: Context): Context {
  return { values, budget: { left: mostForConditions } };
}
