// Configuration of a node's own containerd, as text. Pure.
import type { NodeLayout } from './layout.ts';

export interface ContainerdFacts {
  /** 1 reads version 2 of the format, 2 has moved most of it elsewhere in version 3. */
  readonly major: number;
  readonly sandboxImage: string;
  readonly cniBinDir: string;
  /** Without CAP_SYS_RESOURCE a negative oom_score_adj is refused: containerd must not try. */
  readonly maySetOomScore: boolean;
  readonly runtimeHandlers: readonly string[];
}

/** The cgroup driver is cgroupfs, also below systemd: systemd's slices are the machine's own, and the lab's nodes are not machines. */
export function renderContainerdConfig(node: NodeLayout, facts: ContainerdFacts): string {
  const lines = facts.major >= 2 ? renderVersion3(node, facts) : renderVersion2(node, facts);
  return `${lines.join('\n')}\n`;
}

/** What `containerd --version` says: `containerd github.com/containerd/containerd/v2 2.1.9`. */
export function majorOf(version: string): number {
  const [, major] = /\sv?(\d+)\.\d+/.exec(version) ?? [];
  if (major === undefined) throw new Error(`Cannot tell the version of containerd from ${JSON.stringify(version)}`);
  return Number(major);
}

function renderVersion2(node: NodeLayout, facts: ContainerdFacts): readonly string[] {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    ...head(2, node),
    `[${cri}]`,
    `sandbox_image = "${facts.sandboxImage}"`,
    `restrict_oom_score_adj = ${!facts.maySetOomScore}`,
    'enable_unprivileged_ports = true',
    'enable_unprivileged_icmp = true',
    'max_concurrent_downloads = 4',
    `[${cri}.cni]`,
    `bin_dir = "${facts.cniBinDir}"`,
    'conf_dir = "/etc/cni/net.d"',
    `[${cri}.registry]`,
    `config_path = "${node.registryDir}"`,
    ...renderRuntimes(cri, facts),
  ];
}

function renderVersion3(node: NodeLayout, facts: ContainerdFacts): readonly string[] {
  const runtime = "plugins.'io.containerd.cri.v1.runtime'";
  const images = "plugins.'io.containerd.cri.v1.images'";
  return [
    ...head(3, node),
    `[${images}]`,
    'max_concurrent_downloads = 4',
    `[${images}.pinned_images]`,
    `sandbox = "${facts.sandboxImage}"`,
    `[${images}.registry]`,
    `config_path = "${node.registryDir}"`,
    "[plugins.'io.containerd.transfer.v1.local']", // pulls for CRI, too, unless told otherwise
    `config_path = "${node.registryDir}"`,
    'max_concurrent_downloads = 4',
    `[${runtime}]`,
    `restrict_oom_score_adj = ${!facts.maySetOomScore}`,
    'enable_unprivileged_ports = true',
    'enable_unprivileged_icmp = true',
    `[${runtime}.cni]`,
    `bin_dirs = ["${facts.cniBinDir}"]`,
    'conf_dir = "/etc/cni/net.d"',
    ...renderRuntimes(runtime, facts),
  ];
}

function head(version: number, node: NodeLayout): readonly string[] {
  return [
    `version = ${version}`,
    `root = "${node.containerdRoot}"`,
    'state = "/run/containerd"',
    '[grpc]',
    `address = "${node.containerdSocket}"`,
  ];
}

function renderRuntimes(plugin: string, { runtimeHandlers }: ContainerdFacts): readonly string[] {
  return [
    `[${plugin}.containerd]`,
    'default_runtime_name = "runc"',
    ...['runc', ...runtimeHandlers].flatMap((name) => [
      `[${plugin}.containerd.runtimes.${name}]`,
      'runtime_type = "io.containerd.runc.v2"',
    ]),
    `[${plugin}.containerd.runtimes.runc.options]`,
    'SystemdCgroup = false',
  ];
}
