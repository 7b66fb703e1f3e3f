// What of a pod a level in a version forbids. Pure. Rule: k8s.io/pod-security-admission policy, registry.
import { baselineChecks } from './baseline.ts';
import type { Check, PodLike, VersionedCheck, Violation } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { restrictedChecks } from './restricted.ts';

export function violationsOf({ level, minor }: LevelVersion, pod: PodLike): readonly Violation[] {
  if (level === 'privileged') return [];
  const chosen = (checks: readonly Check[]) =>
    checks.flatMap((check) => {
      const version = inVersion(check, minor);
      return version === undefined ? [] : [{ id: check.id, version }];
    });
  const more = level === 'restricted' ? chosen(restrictedChecks) : [];
  const silent = new Set(more.flatMap(({ version }) => version.overrides ?? []));
  const base = chosen(baselineChecks).filter(({ id }) => !silent.has(id));
  return [...base, ...more].flatMap(({ version }) => version.check(pod) ?? []);
}

function inVersion({ versions }: Check, minor: number): VersionedCheck | undefined {
  return versions.findLast(({ since }) => since <= minor);
}

/** `privileged (container "a" must not ...), hostPort (...)`. */
export function detailOf(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

export function reasonOf(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(', ');
}
