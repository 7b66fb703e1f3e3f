import type { Exec } from '#lib/exec.ts';
import { read } from './iptables/apply.ts';
import { planBase } from './iptables/base.ts';
import type { Change } from './iptables/changes.ts';
import { render } from './iptables/render.ts';

/** Takes away every rule that the proxy makes, in both families. May be repeated; nothing of others is touched. */
export async function removeRules(exec: Exec, signal: AbortSignal): Promise<void> {
  for (const family of [4, 6] as const) {
    const program = family === 4 ? 'iptables' : 'ip6tables';
    const base = planBase({ family, serviceCidrs: [], clusterCidr: undefined, podCidr: undefined, nodeIps: [] });
    const { chains, jumps } = await read(program, new Set(base.keys()), exec, signal);
    const ids = [...chains.keys()];
    const changes: Change[] = [
      ...jumps.map((jump): Change => ({ do: 'unjump', ...jump })),
      // All are emptied before the first one goes: chains that lead to each other would hold each other.
      ...ids.map((id): Change => ({ do: 'write', id, rules: [] })),
      ...ids.map((id): Change => ({ do: 'delete', id })),
    ];
    const input = render(changes);
    if (input !== '') await exec(`${program}-restore`, ['--noflush', '-w', '5'], signal, { input, timeoutMs: 120_000 });
  }
}
