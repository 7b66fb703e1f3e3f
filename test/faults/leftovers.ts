// All that pods could leave on a node, as sorted lines: two of these are equal if they left nothing.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { labCgroups } from '../../vagrant/lab/find.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import type { FaultyNode } from './node.ts';

export async function leftovers(layout: LabLayout, { cri, pid }: FaultyNode): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(20_000);
  const inNode = (path: string) => list(`/proc/${pid}/root${path}`);
  const folders = [
    '/var/lib/kubelet/pods',
    '/var/lib/kubelet/checkpoints',
    '/var/log/pods',
    '/var/log/containers',
    '/run/netns',
    '/run/containerd/io.containerd.runtime.v2.task/k8s.io',
    '/run/containerd/io.containerd.grpc.v1.cri/sandboxes',
    '/run/containerd/io.containerd.grpc.v1.cri/containers',
    '/var/lib/cni/results',
    ...inNode('/var/lib/cni/networks').map((name) => `/var/lib/cni/networks/${name}`),
  ];
  return [
    ...(await cri.runtime.listSandboxes({}, signal)).map(({ id, name }) => `sandbox ${name} ${id}`),
    ...(await cri.runtime.listContainers({}, signal)).map(({ id, name }) => `container ${name} ${id}`),
    ...folders.flatMap((folder) => inNode(folder).map((name) => `${folder}/${name}`)).filter((path) => !isKept(path)),
    ...lines(`/proc/${pid}/mountinfo`)
      .map((line) => line.split(' ')[4] ?? '')
      .filter((point) => /^\/var\/lib\/kubelet\/|^\/run\/(netns|containerd)\//.test(point))
      .map((point) => `mount ${point}`),
    // Those above the pods' are made with the first pod in each hierarchy, and stay.
    ...labCgroups(layout.id)
      .filter((path) => /\/pod[0-9a-f]/.test(path))
      .map((path) => `cgroup ${path}`),
    ...lines(`/proc/${pid}/net/dev`)
      .flatMap((line) => /^\s*(veth[^:]*):/.exec(line)?.[1] ?? [])
      .map((name) => `link ${name}`),
    ...shims(pid),
  ].sort();
}

/** What a network plugin keeps for itself, and not for a pod. */
function isKept(path: string): boolean {
  return /\/(lock|last_reserved_ip\.\d+)$/.test(path);
}

function shims(pid: number): readonly string[] {
  const own = namespaceOf(pid);
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const words = text(`/proc/${name}/cmdline`).split('\0');
      const isOurs = words[0]?.includes('containerd-shim') && namespaceOf(name) === own;
      return isOurs ? [`shim ${words.join(' ').trim()}`] : [];
    });
}

function namespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined; // ended in between
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function lines(file: string): readonly string[] {
  return text(file).split('\n');
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
