import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { execaSync } from 'execa';

/** What a cluster could leave on a machine, as sorted lines: two of these are equal if it left nothing. */
export function traces(): readonly string[] {
  return [
    ...lines('ip', ['netns', 'list']).map((line) => `namespace ${line.split(' ')[0]}`),
    ...lines('ip', ['-o', 'link', 'show']).map((line) => `link ${line.split(': ')[1]?.split('@')[0]}`),
    ...routesOf(lines('ip', ['route', 'show', 'table', 'all'])).map((line) => `route ${line}`),
    ...lines('iptables-save', []).flatMap((line) =>
      /^[-:]/.test(line) ? [`rule ${line.replace(/ \[\d+:\d+\]$/, '')}`] : [],
    ),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => `mount ${line.split(' ')[4]}`),
    ...cgroups(),
    ...['/var/lib/kubelet', '/var/log/pods', '/var/log/containers', '/etc/cni', '/var/lib/cni', '/var/lib/skiff']
      .filter((path) => existsSync(path))
      .map((path) => `path ${path}`),
    ...processes(),
  ].sort();
}

/**
 * Of the lines of `ip route` those that a cluster could have made, without what changes in them by itself.
 *
 * What a router advertises, or DHCP says, comes, goes and runs out as it likes: it counts only where it leads to the lab.
 * What the kernel makes stays: it shows links and addresses that are left.
 */
export function routesOf(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !/ proto (ra|dhcp)\b/.test(line) || labAddress.test(line))
    .map((line) => line.replace(/ expires -?\d+sec/, ''));
}
/** In the ranges of nodes, pods and Services: vagrant/lab/layout.ts. */
const labAddress = /(^| )(10\.(89|244|9[6-9]|10\d|11[01])\.|fd00:(89|96|244):)/;

function lines(file: string, args: readonly string[]): readonly string[] {
  const { stdout } = execaSync(file, args, { reject: false });
  return (stdout ?? '').split('\n').filter(Boolean);
}

function cgroups(): readonly string[] {
  const root = '/sys/fs/cgroup';
  const folders = existsSync(`${root}/cgroup.controllers`)
    ? [root]
    : readdirSync(root).map((name) => `${root}/${name}`);
  return folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `cgroup ${folder}/${entry.name}`),
  );
}

function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
        return isPartOfCluster(words) ? [`process ${pid} ${words.slice(0, 120)}`] : [];
      } catch {
        return [];
      }
    });
}

/** Runtimes, shims, parts of Skiff and what those start to be told of changes; other processes come and go by themselves. */
export function isPartOfCluster(commandLine: string): boolean {
  return /containerd|cli\/main\.ts (server|agent)|^(\S*\/)?(nft|ip|busctl) (.* )?monitor\b/.test(commandLine);
}
