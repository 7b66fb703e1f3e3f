import type { Taint, Toleration } from '../types/core.v1.ts';

/** Rule: Taints and Tolerations. An empty key with Exists tolerates everything, an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '');
    default:
      return false;
  }
}

export function untolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return taints?.find(
    (taint) => effects.includes(taint.effect ?? '') && !tolerations?.some((toleration) => tolerates(toleration, taint)),
  );
}
