import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { nft } from './nftables/program.ts';

/** What somebody has taken away: something of ours; maybe; or there is nothing (any more) that would tell. */
export type Loss = 'ours' | 'maybe' | 'untold';

/**
 * Follows what anybody takes from nf_tables in this network namespace (iptables on top of it included), until that may be ours.
 * `isOwn` says of the moment whether it is our own doing. Costs nothing while nothing happens. `within`: what runs it elsewhere.
 */
export function watchRules(isOwn: () => boolean, signal: AbortSignal, within: readonly string[] = []): Promise<Loss> {
  return new Promise((resolve) => {
    const [file, ...words] = [...within, nft, 'monitor', 'destroy'];
    const child = spawn(file!, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const loss = lossOf(line);
      if (loss === undefined || isOwn()) return;
      resolve(loss);
      kill();
    });
    child.once('error', () => resolve('untold'));
    child.once('close', () => {
      signal.removeEventListener('abort', kill);
      resolve('untold');
    });
  });
}

/** Whether a line of `nft monitor destroy` says that something of ours went. A way in goes by its number only. */
export function lossOf(line: string): Loss | undefined {
  const [, table, of = ''] = /^delete \w+ ip6? (\S+)(?: (\S+))?/.exec(line) ?? [];
  if (table === 'kube-proxy') return 'ours';
  if (table !== 'nat' && table !== 'filter') return undefined;
  if (of === '' || /^(?:KUBE|SKIFF)-/.test(of)) return 'ours';
  return /^(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/.test(of) ? 'maybe' : undefined;
}
