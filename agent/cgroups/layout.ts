import type { Pod } from '#lib/api/types/core.v1.ts';
import { qosOf } from './qos.ts';

export type Driver = 'cgroupfs' | 'systemd';

/** Where cgroups of pods are, relative to each hierarchy's root; `root` is `--cgroup-root`. Names are upstream's. */
export interface Layout {
  readonly driver: Driver;
  readonly root: string;
}

/** All pods; then, below it, a class each for Burstable and BestEffort. */
export function qosPaths(layout: Layout): readonly string[] {
  return [['kubepods'], ['kubepods', 'burstable'], ['kubepods', 'besteffort']].map((parts) => pathOf(layout, parts));
}

export function podPath(layout: Layout, pod: Pod): string {
  return podPathIn(layout, pod.metadata.uid ?? '', qosOf(pod));
}

/** Where a container of the pod is, as containerd places it. */
export function containerPath(layout: Layout, pod: Pod, containerId: string): string {
  const name = layout.driver === 'systemd' ? `cri-containerd-${containerId}.scope` : containerId;
  return `${podPath(layout, pod)}/${name}`;
}

/** Every place at which the pod of this uid could have its cgroup: its class is not known any more. */
export function possiblePodPaths(layout: Layout, uid: string): readonly string[] {
  return (['Guaranteed', 'Burstable', 'BestEffort'] as const).map((qos) => podPathIn(layout, uid, qos));
}

/** What the runtime is told: a path under cgroupfs, the name of a slice under systemd. */
export function parentForRuntime(layout: Layout, pod: Pod): string {
  const path = podPath(layout, pod);
  return layout.driver === 'systemd' ? path.slice(path.lastIndexOf('/') + 1) : path;
}

function podPathIn(layout: Layout, uid: string, qos: ReturnType<typeof qosOf>): string {
  const parts = qos === 'Guaranteed' ? ['kubepods'] : ['kubepods', qos.toLowerCase()];
  return pathOf(layout, [...parts, `pod${uid}`]);
}

/** systemd nests slices by dashes in their names: a-b.slice lies in a.slice. */
function pathOf({ driver, root }: Layout, parts: readonly string[]): string {
  const all = [...root.split('/').filter((part) => part !== ''), ...parts];
  if (driver === 'cgroupfs') return `/${all.join('/')}`;
  const escaped = all.map((part) => part.replace(/\.slice$/, '').replaceAll('-', '_'));
  return `/${escaped.map((_, at) => `${escaped.slice(0, at + 1).join('-')}.slice`).join('/')}`;
}

/** Uid in the name of a pod's cgroup, if it is one. */
export function uidOfName(name: string): string | undefined {
  const [, uid] = /pod([0-9a-f]{8}[0-9a-f_-]{8,})(?:\.slice)?$/.exec(name) ?? [];
  return uid?.replaceAll('_', '-');
}
