import type { NodeLayout } from './layout.ts';

// A node is a network, a mount and a UTS namespace. They are held by files, not by a process: whatever dies, they stay.

/** Makes the folder that holds namespaces: files of mount namespaces must lie on a private mount. */
export function renderNamespaceFolder(folder: string): string {
  return [
    `mkdir -p ${folder}`,
    `mountpoint -q ${folder} || { mount --bind ${folder} ${folder}; mount --make-private ${folder}; }`,
  ].join('\n');
}

/** Makes the node's mount and UTS namespaces, with the folders of the lab at their well-known places. */
export function renderNamespaces(node: NodeLayout, resolvConf: string): string {
  const setUp = [
    `hostname ${node.name}`,
    'mount --make-rshared /', // volumes mounted here must be seen in containers, and the other way round
    'resolv=$(readlink -m /etc/resolv.conf)', // often a link into /run, which is about to be hidden
    'mount -t tmpfs -o mode=755 tmpfs /run',
    'mkdir -p /run/netns /run/containerd /run/lock',
    `mkdir -p "$(dirname "$resolv")"; [ -e "$resolv" ] || touch "$resolv"`,
    `mount --bind ${resolvConf} "$resolv"`,
    ...node.binds.map(({ from, to }) => `mount --bind ${from} ${to}`),
  ];
  return [
    ...node.binds.map(({ from }) => `mkdir -p ${from}`),
    `if ! mountpoint -q ${node.mountNamespace}; then`,
    `touch ${node.mountNamespace} ${node.utsNamespace}`,
    `nsenter --net=/run/netns/${node.networkNamespace} \\`,
    `unshare --mount=${node.mountNamespace} --uts=${node.utsNamespace} --propagation private sh -ec '${setUp.join('\n')}'`,
    'fi',
  ].join('\n');
}

/** Arguments for `nsenter` by which a command runs on the node. */
export function enter(node: NodeLayout): readonly string[] {
  return [`--net=/run/netns/${node.networkNamespace}`, `--mount=${node.mountNamespace}`, `--uts=${node.utsNamespace}`];
}

export interface ContainerdFacts {
  readonly sandboxImage: string;
  readonly cniBinDir: string;
  /** Without CAP_SYS_RESOURCE a negative oom_score_adj is refused: containerd must not try. */
  readonly maySetOomScore: boolean;
  readonly runtimeHandlers: readonly string[];
}

/**
 * Configuration of the node's own containerd: version 2 is read by 1.6, 1.7 and 2.x. The cgroup driver is cgroupfs, also
 * below systemd: systemd's slices are the machine's own, and the lab's nodes are not machines.
 */
export function renderContainerdConfig(node: NodeLayout, facts: ContainerdFacts): string {
  return `version = 2
root = "${node.containerdRoot}"
state = "/run/containerd"

[grpc]
  address = "${node.containerdSocket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${facts.sandboxImage}"
  restrict_oom_score_adj = ${!facts.maySetOomScore}
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  max_concurrent_downloads = 4

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${facts.cniBinDir}"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${node.registryDir}"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
${facts.runtimeHandlers.map(renderHandler).join('')}`;
}

function renderHandler(name: string): string {
  return `
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}]
      runtime_type = "io.containerd.runc.v2"
`;
}
