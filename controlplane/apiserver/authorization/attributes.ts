import type { UserInfo } from '../exchange.ts';

/** What somebody wants to do: the question every authorizer answers. Rule: k8s.io/apiserver authorization/authorizer. */
export interface Attributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly isResource: boolean;
  /** Of non-resource requests. */
  readonly path: string;
  readonly group: string;
  /** Only others are told: the authorizers here do not look at it. */
  readonly version?: string;
  readonly resource: string;
  readonly subresource: string;
  /** '' for all namespaces, and for cluster-scoped resources. */
  readonly namespace: string;
  readonly name: string;
  /** Fields that a list, watch or deletecollection is limited to, where they are known. */
  readonly fields?: ReadonlyMap<string, string>;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** Not allowed, and so whatever others say. */
  readonly isDenied?: boolean;
  /** Why, for reviews; '' if there is nothing to say. */
  readonly reason: string;
}

export type Authorize = (attributes: Attributes) => Decision;

export const noOpinion: Decision = { isAllowed: false, reason: '' };

/** Asks one authorizer after the other: the first that allows decides. */
export function anyOf(...authorizers: readonly Authorize[]): Authorize {
  return (attributes) => {
    const reasons: string[] = [];
    for (const authorize of authorizers) {
      const decision = authorize(attributes);
      if (decision.isAllowed) return decision;
      if (decision.reason !== '') reasons.push(decision.reason);
    }
    return { isAllowed: false, reason: reasons.join(', ') };
  };
}

/** Always allowed: who is in group system:masters, and asking whether the server lives. */
export const allowAlways: Authorize = ({ user, isResource, path }) => {
  const isHealth = !isResource && /^\/(healthz|livez|readyz)$/.test(path);
  return { isAllowed: isHealth || user.groups.includes('system:masters'), reason: '' };
};

/** Upstream's words for what is not allowed. */
export function describeDenied({ user, verb, isResource, path, ...what }: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if (!isResource) return `${who} path ${JSON.stringify(path)}`;
  const resource = what.subresource === '' ? what.resource : `${what.resource}/${what.subresource}`;
  const where = what.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(what.namespace)}`;
  return `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(what.group)} ${where}`;
}
