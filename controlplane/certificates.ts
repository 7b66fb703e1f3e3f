// The control plane's own certificates: those in use, and what keeps them good while it runs.
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { askChild } from '#lib/fork.ts';
import type { Log } from '#lib/log.ts';
import { noIssuer } from '#lib/pki/certificate.ts';
import { type ClusterPki, type ClusterPkiOptions, ensureClusterPki } from '#lib/pki/cluster.ts';
import { factsOf, type ServerFacts, type ServerOptions } from './options.ts';

export interface Certificates {
  /** Those in use: to be asked for each time. */
  current(): ClusterPki;
  /** What the options come to now: an address that nobody told may change. */
  facts(): ServerFacts;
  /** Calls `listener` after each change of either. */
  onChange(listener: () => void): void;
  /** Looks after them until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface CertificatesDependencies {
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes what is missing. */
export async function openCertificates(
  options: ServerOptions,
  { clock, log }: CertificatesDependencies,
): Promise<Certificates> {
  let facts = factsOf(options);
  let pki = await ensurePki(facts, clock);
  const listeners: (() => void)[] = [];
  const lookMs = Math.min(mostLookMs, (options.certificateLifetimeMs ?? Number.POSITIVE_INFINITY) / 20);

  /** Files that somebody replaced are taken into use; what is near its end or lacks a name is issued anew. */
  async function look(): Promise<void> {
    const nextFacts = factsOf(options);
    const nextPki = await ensurePki(nextFacts, clock);
    if (isDeepStrictEqual(nextPki, pki) && isDeepStrictEqual(nextFacts, facts)) return;
    log.info('Took new certificates into use', { which: changed(pki, nextPki), address: nextFacts.advertiseAddress });
    facts = nextFacts;
    pki = nextPki;
    for (const listener of listeners) listener();
  }

  return {
    current: () => pki,
    facts: () => facts,
    onChange: (listener) => listeners.push(listener),
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(lookMs, signal);
        await look().catch((error) => log.error('Could not look after the certificates', { err: error }));
      }
    },
  };
}
const mostLookMs = 10_000;

function changed(before: ClusterPki, now: ClusterPki): readonly string[] {
  return Object.keys(now).filter((name) => {
    const key = name as keyof ClusterPki;
    return !isDeepStrictEqual(before[key], now[key]);
  });
}

/** Whose certificates are believed: those of clients, and that of a proxy which speaks for them. */
export function clientCaOf({ ca, frontProxyCa }: ClusterPki): string {
  return ca.cert + frontProxyCa.cert;
}

/** Names and addresses by which the control plane is known. */
export function namesOf({ advertiseAddress, bindAddress, extraNames }: ServerFacts): readonly string[] {
  const own = /^(0\.0\.0\.0|::)$/.test(bindAddress) ? [] : [bindAddress];
  return [advertiseAddress, ...own, ...extraNames];
}

async function ensurePki(facts: ServerFacts, clock: Clock): Promise<ClusterPki> {
  const { dataDir, serviceAddress, clusterDomain, localPort, certificateLifetimeMs, authorityLifetimeMs } = facts;
  const options: ClusterPkiOptions = {
    directory: dataDir,
    names: namesOf(facts),
    serviceAddress,
    domain: clusterDomain,
    server: `https://127.0.0.1:${localPort}`,
    nowMs: clock.now(),
    etcdNames: facts.ownEtcd && [facts.ownEtcd.address],
    lifetimes: { leafMs: certificateLifetimeMs, authorityMs: authorityLifetimeMs },
  };
  try {
    return await ensureClusterPki(options, noIssuer);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    return askChild(new URL('pki-child.ts', import.meta.url), options);
  }
}
