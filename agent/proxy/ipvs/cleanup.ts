import { type Exec, ExecError } from '#lib/exec.ts';
import { read } from '../iptables/apply.ts';
import { render } from '../iptables/render.ts';
import { filterChain, linkName } from './base.ts';
import { readKernel } from './kernel.ts';
import { renderChanges } from './render.ts';
import { setKinds, setName } from './sets.ts';

/** Takes away what ipvs mode made: virtual servers, its chain, its link, its sets. May be repeated; other people's servers stay. */
export async function removeServers(exec: Exec, signal: AbortSignal): Promise<void> {
  for (const family of [4, 6] as const) {
    await unlessMissing(async () => {
      const there = await readKernel(family, exec, signal);
      const changes = [...there.keys()]
        .filter((id) => id.startsWith('server '))
        .map((id) => ({ id, text: undefined, isThere: true }));
      const input = renderChanges(changes, family).servers;
      if (input !== '') await exec('ipvsadm', ['--restore'], signal, { input });
    }, signal);
    await unlessMissing(async () => {
      const program = family === 4 ? 'iptables' : 'ip6tables';
      const { chains, jumps } = await read(program, new Set([filterChain]), exec, signal);
      const own = jumps.filter(({ rule }) => rule.endsWith(' SKIFF-IPVS-FILTER'));
      if (!chains.has(filterChain)) return;
      const input = render([
        ...own.map((jump) => ({ do: 'unjump' as const, ...jump })),
        { do: 'write', id: filterChain, rules: [] },
        { do: 'delete', id: filterChain },
      ]);
      await exec(`${program}-restore`, ['--noflush', '-w', '5'], signal, { input });
    }, signal);
  }
  await unlessMissing(async () => {
    for (const family of [4, 6] as const)
      for (const kind of setKinds) await exec('ipset', ['destroy', setName(kind, family)], signal, { okCodes: [0, 1] });
  }, signal);
  await exec('ip', ['link', 'del', linkName], signal, { okCodes: [0, 1] });
}

/** Whether that mode ever served here: its link is made first and goes last. */
export async function hasServed(exec: Exec, signal: AbortSignal): Promise<boolean> {
  return (await exec('ip', ['link', 'show', 'dev', linkName], signal, { okCodes: [0, 1] })).exitCode === 0;
}

/** Where a program, or the kernel's part of it, is missing there is nothing of it to take away. */
async function unlessMissing(act: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (signal.aborted || !(error instanceof ExecError)) throw error;
  }
}
