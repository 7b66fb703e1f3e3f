import type { Taint, Toleration } from '#lib/api/types/core.v1.ts';

/**
 * Milliseconds after which a pod with `tolerations` has to leave a node with `taints`: 0 if one is not tolerated at all,
 * undefined if it may stay for ever. Rule: Taints and Tolerations; kubernetes pkg/controller/tainteviction.
 */
export function stayMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number | undefined {
  const driving = taints.filter(({ effect }) => effect === 'NoExecute');
  const used: Toleration[] = [];
  for (const taint of driving) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    used.push(matching[0]!);
  }
  const seconds = used.flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [tolerationSeconds]));
  return seconds.length === 0 ? undefined : Math.max(0, Math.min(...seconds)) * 1000;
}

export function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  if (operator === 'Equal') return Boolean(key) && value === (taint.value ?? '');
  const [wanted, found] = [Number(value), Number(taint.value ?? '')];
  return operator === 'Lt' ? found < wanted : found > wanted;
}
