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
    // The kernel (6.18) refuses to keep a namespace whose number is below that of the one we are in. Numbers grow on each
    // CPU for itself: on the one where ours was made, the new one's is above it.
    'made=',
    'for cpu in $(seq 0 $(($(nproc --all) - 1))); do',
    `if nsenter --net=/run/netns/${node.networkNamespace} taskset -c $cpu \\`,
    `unshare --mount=${node.mountNamespace} --uts=${node.utsNamespace} --propagation private sh -ec '${setUp.join('\n')}'`,
    'then made=1; break; fi',
    'done',
    '[ -n "$made" ]',
    'fi',
  ].join('\n');
}

/** Arguments for `nsenter` by which a command runs on the node. */
export function enter(node: NodeLayout): readonly string[] {
  return [`--net=/run/netns/${node.networkNamespace}`, `--mount=${node.mountNamespace}`, `--uts=${node.utsNamespace}`];
}
