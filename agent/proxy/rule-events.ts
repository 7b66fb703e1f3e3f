import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createClock } from '#lib/clock.ts';
import { endsWithUs } from '#lib/ends-with-us.ts';
import { nft } from './nftables/program.ts';

/** What somebody has taken away: something of ours; maybe; or more than could be heard, which nobody knows. */
export type Loss = 'ours' | 'maybe' | 'unheard';

export interface Word {
  readonly loss: Loss;
  /** Where, as `Losses` names places. */
  readonly place: string;
}

export interface Ear {
  /** From now on nothing goes unheard. */
  isUp(): void;
  hears(word: Word): void;
  /** Something went from a set that has come since: of such nothing is told until somebody listens anew. */
  isOutdated(): void;
}

/**
 * Tells `ear` what anybody takes from nf_tables in this network namespace (iptables on top of it included), our own changes among it.
 * Costs nothing while nothing happens. Returns when nobody tells (any more). `within`: what runs it elsewhere.
 */
export function watchRules(ear: Ear, signal: AbortSignal, within: readonly string[] = []): Promise<void> {
  return new Promise((resolve) => {
    const [file = nft, ...words] = [...within, nft, 'monitor', 'destroy'];
    const child = spawn(...endsWithUs(file, ...words), { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = new AbortController();
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const word = wordOf(line);
      if (word !== undefined) ear.hears(word);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('unknown set')) ear.isOutdated();
    });
    if (child.pid !== undefined) {
      void untilListening(child.pid, end.signal).then(
        () => end.signal.aborted || ear.isUp(),
        () => undefined, // it has ended
      );
    }
    function over(): void {
      signal.removeEventListener('abort', kill);
      end.abort();
      resolve();
    }
    child.once('error', over);
    child.once('close', over);
  });
}

/** Waits until the kernel knows process `pid` as one that it tells of nf_tables; for long enough where that cannot be seen. */
async function untilListening(pid: number, signal: AbortSignal): Promise<void> {
  const clock = createClock();
  for (let tries = 0; tries < mostTries; tries++) {
    const sockets = await readFile(`/proc/${pid}/net/netlink`, 'utf8').catch(() => '');
    if (isListening(sockets, pid)) return;
    await clock.sleep(tryMs, signal);
  }
}
const tryMs = 20;
const mostTries = 100;

/** `sockets`: what /proc/PID/net/netlink prints. Source: linux/netfilter/nfnetlink.h, NFNLGRP_NFTABLES. */
export function isListening(sockets: string, pid: number): boolean {
  return sockets.split('\n').some((line) => {
    const [, protocol, owner, groups = '0'] = line.trim().split(/\s+/);
    return protocol === netfilter && Number(owner) === pid && (Number.parseInt(groups, 16) & nftablesGroup) !== 0;
  });
}
const netfilter = '12';
const nftablesGroup = 1 << 6;

/** What a line of `nft monitor destroy` says of things of ours. A way in goes by its number only. */
export function wordOf(line: string): Word | undefined {
  if (line.startsWith('# ERROR: We lost some netlink events')) return { loss: 'unheard', place: '' };
  const [, family, table, of = ''] = /^delete \w+ (ip6?) (\S+)(?: (\S+))?/.exec(line) ?? [];
  const loss = lossOf(table, of);
  return loss && { loss, place: `${family} ${table} ${of}` };
}

function lossOf(table: string | undefined, of: string): Loss | undefined {
  if (/^__(?:set|map)\d+$/.test(of)) return undefined; // it has no name and goes with its rule, of which there is word, too
  if (table === 'kube-proxy') return 'ours';
  if (table !== 'nat' && table !== 'filter') return undefined;
  if (of === '' || /^(?:KUBE|SKIFF)-/.test(of)) return 'ours';
  return /^(?:PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/.test(of) ? 'maybe' : undefined;
}
