import type { Mutable } from '#lib/api/kinds/object.ts';
import { addQuantities, compareQuantities, milliValue } from '#lib/api/quantity.ts';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin } from './admission.ts';
import { isNewPod, refuse } from './refuse.ts';

export interface LimitRangerOptions {
  rangesOf(namespace: string): readonly LimitRange[];
}

type Amounts = Readonly<Record<string, string>>;

/** Defaults and bounds of what containers, pods and claims of a namespace may ask for. Rule: LimitRanger admission. */
export function createLimitRanger({ rangesOf }: LimitRangerOptions): Plugin {
  const itemsOf = (namespace: string): readonly LimitRangeItem[] =>
    rangesOf(namespace).flatMap(({ spec }) => spec?.limits ?? []);
  return {
    name: 'LimitRanger',
    mutate(attributes) {
      if (!isNewPod(attributes)) return;
      const { metadata, spec } = attributes.object as unknown as Mutable<Pod>;
      if (spec === undefined) return;
      const set: string[] = [];
      for (const item of itemsOf(attributes.namespace)) {
        if (item.type !== 'Container') continue;
        for (const [kind, list] of [
          ['container', spec.containers ?? []],
          ['init container', spec.initContainers ?? []],
        ] as const) {
          for (const container of list) set.push(...applyDefaults(container, item, kind));
        }
      }
      if (set.length > 0) {
        metadata.annotations = {
          ...metadata.annotations,
          'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${set.join('; ')}`,
        };
      }
    },
    validate(attributes) {
      const { operation, group, resource, subresource, namespace, object } = attributes;
      if (group !== '' || subresource !== '' || object === undefined) return;
      const isClaim = resource === 'persistentvolumeclaims' && (operation === 'CREATE' || operation === 'UPDATE');
      if (!isNewPod(attributes) && !isClaim) return;
      const wrong = itemsOf(namespace).flatMap((item) =>
        isClaim
          ? wrongClaim(object as unknown as PersistentVolumeClaim, item)
          : wrongPod(object as unknown as Pod, item),
      );
      if (wrong.length > 0) throw refuse(attributes, wrong.length === 1 ? wrong[0]! : `[${wrong.join(', ')}]`);
    },
  };
}

function applyDefaults(container: Mutable<Container>, item: LimitRangeItem, kind: string): readonly string[] {
  const resources = (container.resources ??= {});
  const texts: string[] = [];
  const fill = (list: 'limits' | 'requests', from: Amounts | undefined, what: string): void => {
    const missing = Object.entries(from ?? {}).filter(([name]) => resources[list]?.[name] === undefined);
    if (missing.length === 0) return;
    resources[list] = { ...resources[list], ...Object.fromEntries(missing) };
    texts.push(
      `${missing
        .map(([name]) => name)
        .sort()
        .join(', ')} ${what} for ${kind} ${container.name}`,
    );
  };
  // Who has a limit of its own and no request asks for its limit, not for the default request: kind defaulting did that.
  fill('requests', item.defaultRequest ?? item.default, 'request');
  fill('limits', item.default, 'limit');
  return texts;
}

function wrongPod({ spec }: Pod, item: LimitRangeItem): readonly string[] {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  if (item.type === 'Container') {
    return containers.flatMap(({ resources }) =>
      wrongAmounts(item, resources?.requests ?? {}, resources?.limits ?? {}),
    );
  }
  if (item.type !== 'Pod') return [];
  const total = (list: 'requests' | 'limits'): Amounts => podTotal(spec, list);
  return wrongAmounts(item, total('requests'), total('limits'));
}

/** What all containers together ask for, or the largest init container if that is more. */
function podTotal(spec: Pod['spec'], list: 'requests' | 'limits'): Amounts {
  const total: Record<string, string> = {};
  for (const { resources } of spec?.containers ?? []) {
    for (const [name, amount] of Object.entries(resources?.[list] ?? {})) {
      total[name] = total[name] === undefined ? amount : addQuantities(total[name], amount);
    }
  }
  for (const { resources } of spec?.initContainers ?? []) {
    for (const [name, amount] of Object.entries(resources?.[list] ?? {})) {
      if (total[name] === undefined || compareQuantities(amount, total[name]) > 0) total[name] = amount;
    }
  }
  return total;
}

function wrongClaim({ spec }: PersistentVolumeClaim, item: LimitRangeItem): readonly string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = spec?.resources?.requests ?? {};
  const wrong = wrongAmounts({ type: item.type, min: item.min }, requests, {});
  // A claim has requests only: they are what is bounded above as well.
  for (const [name, most] of Object.entries(item.max ?? {})) {
    const [request, what] = [requests[name], `maximum ${name} usage per ${item.type} is ${most}`];
    if (request === undefined) wrong.push(`${what}.  No request is specified`);
    else if (compareQuantities(request, most) > 0) wrong.push(`${what}, but request is ${request}`);
  }
  return wrong;
}

function wrongAmounts(
  { type, min, max, maxLimitRequestRatio }: LimitRangeItem,
  requests: Amounts,
  limits: Amounts,
): string[] {
  const wrong: string[] = [];
  for (const [name, least] of Object.entries(min ?? {})) {
    const request = requests[name];
    const limit = limits[name];
    if (request === undefined) wrong.push(`minimum ${name} usage per ${type} is ${least}.  No request is specified`);
    else if (compareQuantities(request, least) < 0)
      wrong.push(`minimum ${name} usage per ${type} is ${least}, but request is ${request}`);
    else if (limit !== undefined && compareQuantities(limit, least) < 0)
      wrong.push(`minimum ${name} usage per ${type} is ${least}, but limit is ${limit}`);
  }
  for (const [name, most] of Object.entries(max ?? {})) {
    const request = requests[name];
    const limit = limits[name];
    if (limit === undefined) wrong.push(`maximum ${name} usage per ${type} is ${most}.  No limit is specified`);
    else if (compareQuantities(limit, most) > 0)
      wrong.push(`maximum ${name} usage per ${type} is ${most}, but limit is ${limit}`);
    else if (request !== undefined && compareQuantities(request, most) > 0)
      wrong.push(`maximum ${name} usage per ${type} is ${most}, but request is ${request}`);
  }
  for (const [name, ratio] of Object.entries(maxLimitRequestRatio ?? {})) {
    const request = requests[name];
    const limit = limits[name];
    const what = `${name} max limit to request ratio per ${type} is ${ratio}`;
    if (request === undefined || milliValue(request) === 0)
      wrong.push(`${what}, but no request is specified or request is 0`);
    else if (limit === undefined || milliValue(limit) === 0)
      wrong.push(`${what}, but no limit is specified or limit is 0`);
    else {
      const actual = milliValue(limit) / milliValue(request);
      if (actual * 1000 > milliValue(ratio)) wrong.push(`${what}, but provided ratio is ${actual.toFixed(6)}`);
    }
  }
  return wrong;
}
