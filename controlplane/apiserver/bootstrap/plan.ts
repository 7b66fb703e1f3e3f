import type { KubeObject } from '#lib/api/resource.ts';
import type { PolicyRule, Subject } from '#lib/api/types/rbac.v1.ts';
import { uncovered } from '../authorization/rules.ts';
import type { Wanted } from './objects.ts';

export type Step =
  | { readonly do: 'create'; readonly object: KubeObject }
  | { readonly do: 'update'; readonly object: KubeObject }
  | { readonly do: 'nothing' };

/** What brings `found` to what is wanted. Rule: reconciliation of default roles, KEP-less, "auto-reconciliation" in RBAC's docs. */
export function planObject({ object, existing }: Wanted, found: KubeObject | undefined): Step {
  if (found === undefined) return { do: 'create', object };
  if (existing === 'keep') return { do: 'nothing' };
  const next = existing === 'extend' ? extend(object, found) : overwrite(object, found);
  return next === undefined ? { do: 'nothing' } : { do: 'update', object: next };
}

type Fields = { readonly [field: string]: unknown };

/** Undefined if all that is wanted is there. */
function overwrite(object: KubeObject & Fields, found: KubeObject): KubeObject | undefined {
  const { metadata, ...rest } = object;
  const current = found as KubeObject & Fields;
  const isSame = Object.entries(rest).every(([field, value]) => includes(current[field], value));
  if (isSame && includes(found.metadata.labels ?? {}, metadata.labels ?? {})) return undefined;
  const labels = { ...found.metadata.labels, ...metadata.labels };
  return { ...(merge(current, rest) as KubeObject), metadata: { ...found.metadata, labels } };
}

function extend(object: KubeObject & Fields, found: KubeObject): KubeObject | undefined {
  if (found.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false') return undefined;
  const current = found as KubeObject & {
    readonly rules?: readonly PolicyRule[];
    readonly subjects?: readonly Subject[];
  };
  const rules =
    object['aggregationRule'] === undefined ? (object['rules'] as readonly PolicyRule[] | undefined) : undefined;
  const missingRules = uncovered(current.rules ?? [], rules ?? []);
  const subjects = (object['subjects'] as readonly Subject[] | undefined) ?? [];
  const missingSubjects = subjects.filter((one) => !(current.subjects ?? []).some((other) => includes(other, one)));
  if (missingRules.length === 0 && missingSubjects.length === 0) return undefined;
  return {
    ...current,
    ...(missingRules.length === 0 ? {} : { rules: [...(current.rules ?? []), ...missingRules] }),
    ...(missingSubjects.length === 0 ? {} : { subjects: [...(current.subjects ?? []), ...missingSubjects] }),
  } as KubeObject;
}

/** Whether `value` holds all of `wanted`; what else it holds (defaults) does not count. */
function includes(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(value) && value.length === wanted.length && wanted.every((item, at) => includes(value[at], item))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(wanted).every(([key, item]) => includes((value as Fields)[key], item));
}

/** `changes` over `value`, maps merged, lists replaced. */
function merge(value: unknown, changes: unknown): unknown {
  if (!isMap(value) || !isMap(changes)) return changes;
  const merged = Object.entries(changes).map(([key, item]) => [key, merge(value[key], item)] as const);
  return { ...value, ...Object.fromEntries(merged) };
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
