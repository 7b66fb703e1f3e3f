// What is said of the pods in a namespace when it becomes stricter. Pure. Rule: pod-security-admission, EvaluatePodsInNamespace.
import type { Pod } from '#lib/api/types/core.v1.ts';
import { reasonOf, violationsOf } from './evaluate.ts';
import { type LevelVersion, textOf } from './policy.ts';

export function warningsOf(namespace: string, enforce: LevelVersion, pods: readonly Pod[]): readonly string[] {
  const byReason = new Map<string, { name: string; count: number }>();
  const looked = varied(pods).slice(0, mostPods);
  for (const { metadata, spec } of looked) {
    const violations = violationsOf(enforce, { annotations: metadata.annotations ?? {}, spec });
    if (violations.length === 0) continue;
    const reason = reasonOf(violations);
    const { name, count } = byReason.get(reason) ?? { name: metadata.name, count: 0 };
    byReason.set(reason, { name: metadata.name < name ? metadata.name : name, count: count + 1 });
  }
  const rows = [...byReason].map(([reason, { name, count }]) => `${name}${others(count - 1)}: ${reason}`).sort();
  const level = JSON.stringify(textOf(enforce));
  return [
    ...(looked.length < pods.length
      ? [
          `new PodSecurity enforce level only checked against the first ${looked.length} of ${pods.length} existing pods`,
        ]
      : []),
    ...(rows.length > 0
      ? [`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${level}`]
      : []),
    ...rows,
  ];
}
const mostPods = 3000;

function others(count: number): string {
  if (count === 0) return '';
  return count === 1 ? ' (and 1 other pod)' : ` (and ${count} other pods)`;
}

/** One pod of each controller first: the others are mostly like it. */
function varied(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>();
  const [first, rest]: [Pod[], Pod[]] = [[], []];
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
    if (owner !== undefined && seen.has(owner)) rest.push(pod);
    else first.push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first, ...rest];
}
