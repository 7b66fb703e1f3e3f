import { type Exec, ExecError } from '#lib/exec.ts';
import { read } from './apply.ts';
import { planBase } from './base.ts';
import type { Change } from './changes.ts';
import { serveLocalhost, wasLocalhostServed } from './localhost.ts';
import { render } from './render.ts';

/** Takes away every rule that the proxy makes, in both families. May be repeated; nothing of others is touched. */
export async function removeRules(exec: Exec, signal: AbortSignal): Promise<void> {
  for (const family of [4, 6] as const) {
    const program = family === 4 ? 'iptables' : 'ip6tables';
    const base = planBase({ family, serviceCidrs: [], clusterCidr: undefined, podCidr: undefined, nodeIps: [] });
    const observed = await read(program, new Set(base.keys()), exec, signal).catch((error) => {
      // Where the program is missing there is nothing of it to take away.
      if (error instanceof ExecError && error.result.exitCode === -1 && !signal.aborted) return undefined;
      throw error;
    });
    if (observed === undefined) continue;
    const { chains, jumps } = observed;
    if (family === 4 && wasLocalhostServed(chains)) await serveLocalhost(false, exec, signal); // before what guards it goes
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
