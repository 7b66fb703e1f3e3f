import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import { linkName } from './base.ts';
import { observe } from './observe.ts';
import type { Inputs } from './render.ts';
import { setKinds, setName, setOptions } from './sets.ts';

/** What virtual servers stand on: the kernel's switches, our link, our sets. May be repeated. */
export async function prepare(family: Family, exec: Exec, signal: AbortSignal): Promise<void> {
  for (const module of ['ip_vs', 'ip_vs_rr']) await exec('modprobe', [module], signal).catch(() => {}); // built in, or named below
  for (const [name, value] of switches) {
    await exec('tee', [`/proc/sys/net/ipv4/vs/${name}`], signal, { input: `${value}\n` });
  }
  const { exitCode } = await exec('ip', ['link', 'show', 'dev', linkName], signal, { okCodes: [0, 1] });
  if (exitCode !== 0) await exec('ip', ['link', 'add', linkName, 'type', 'dummy'], signal);
  const create = setKinds.map((kind) => `create ${setName(kind, family)} ${setOptions(kind, family)}\n`).join('');
  await exec('ipset', ['restore', '-exist'], signal, { input: create });
  for (const words of [['addrgenmode', 'none'], ['arp', 'off'], ['up']]) {
    await exec('ip', ['link', 'set', 'dev', linkName, ...words], signal);
  }
}
/** Answers are to be translated back; who has lost its real server is told; ports are used again at once. */
const switches = [
  ['conntrack', 1],
  ['conn_reuse_mode', 0],
  ['expire_nodest_conn', 1],
  ['expire_quiescent_template', 1],
] as const;

/** `isWanted`: ids that are ours wherever they are, such as servers at node ports of another range than the usual one. */
export async function readKernel(
  family: Family,
  exec: Exec,
  signal: AbortSignal,
  isWanted: (id: string) => boolean = () => false,
): Promise<Map<string, string>> {
  const [servers, sets, addresses] = await Promise.all([
    exec('ipvsadm', ['--save', '--numeric'], signal, { timeoutMs: 120_000 }),
    exec('ipset', ['save'], signal, { timeoutMs: 120_000 }),
    listAddresses(exec, signal),
  ]);
  return observe(
    { servers: servers.stdout, sets: sets.stdout, addresses },
    family,
    (id, port) => isNodePort(port) || isWanted(id),
  );
}

export function isNodePort(port: number): boolean {
  return port >= 30_000 && port <= 32_767;
}

export async function listAddresses(exec: Exec, signal: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await exec('ip', ['-json', 'address', 'show', 'dev', linkName], signal, { okCodes: [0, 1] });
  const [link] = JSON.parse(stdout || '[]') as readonly {
    readonly addr_info?: readonly { readonly local: string }[];
  }[];
  return (link?.addr_info ?? []).map(({ local }) => local);
}

/** New members and servers first, so that no packet finds half of a Service. */
export async function apply(inputs: Inputs, exec: Exec, signal: AbortSignal): Promise<void> {
  const give = async (file: string, args: readonly string[], input: string): Promise<void> => {
    if (input !== '') await exec(file, args, signal, { input, timeoutMs: 120_000 });
  };
  await give('ipset', ['restore', '-exist'], inputs.newMembers);
  await give('ip', ['-batch', '-'], inputs.newAddresses);
  await give('ipvsadm', ['--restore'], inputs.servers);
  await give('ip', ['-force', '-batch', '-'], inputs.oldAddresses);
  await give('ipset', ['restore', '-exist'], inputs.oldMembers);
}
