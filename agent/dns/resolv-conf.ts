import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Clock } from '#lib/clock.ts';
import { parseIp } from '#lib/ip.ts';
import type { Upstream } from './upstream.ts';

/** The servers named in a resolver's file, but not ourselves: a question would go round for ever. */
export function parseUpstreams(text: string, own: readonly string[]): readonly Upstream[] {
  const addresses = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]!);
  return addresses
    .filter((address) => parseIp(address) !== undefined && !own.includes(address))
    .map((address) => ({ address, port: 53 }));
}

/** A function that gives the file's servers and notices, within a few seconds, when it has changed. */
export function followResolvConf(path: string, own: readonly string[], clock: Clock): () => readonly Upstream[] {
  let upstreams: readonly Upstream[] = [];
  let changedMs = Number.NaN;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.now() - lookedMs < 5_000) return upstreams;
    lookedMs = clock.now();
    try {
      const { mtimeMs } = statSync(path);
      if (mtimeMs !== changedMs) upstreams = parseUpstreams(readFileSync(path, 'utf8'), own);
      changedMs = mtimeMs;
    } catch {
      upstreams = []; // no file, no resolver
    }
    return upstreams;
  };
}

/**
 * The machine's resolver file: where that names systemd-resolved's stub alone, which answers no pod, the list of real servers.
 * Rule: kubeadm, resolvConf where systemd-resolved runs.
 */
export function machineResolvConf(file = '/etc/resolv.conf', real = '/run/systemd/resolve/resolv.conf'): string {
  if (!existsSync(file) || !existsSync(real)) return file;
  const servers = parseUpstreams(readFileSync(file, 'utf8'), []);
  return servers.length > 0 && servers.every(({ address }) => stubs.includes(address)) ? real : file;
}
const stubs = ['127.0.0.53', '127.0.0.54'];
