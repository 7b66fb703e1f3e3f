import { randomInt, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { readText } from '#lib/pki/files.ts';
import { type EtcdLocation, factsOf, type ServerOptions } from '../options.ts';
import { locationOf, readMember, writeMember } from './member.ts';

export interface OwnEtcd extends AsyncDisposable {
  readonly location: EtcdLocation;
  /** Tells whom it is to believe from now on, PEM: where that has changed, it is started again before the last one ends. */
  trust(ca: string): void;
  /** Never settles but by an error: there is no member any more. */
  readonly failed: Promise<never>;
}

/** Starts the member of etcd that `options` ask for, if they do, and waits until it has a vote and the cluster answers. */
export async function startOwnMember(
  options: ServerOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<OwnEtcd | undefined> {
  const { dataDir, ownEtcd } = options;
  if (ownEtcd === undefined) return undefined;
  if ((await readMember(dataDir)) === undefined) {
    refuseForgetting(factsOf(options).databasePath);
    await writeMember(dataDir, ownEtcd);
  }
  const { startMember } = await import('./run.ts'); // gRPC, which only those who use etcd load
  const running = await startMember(dataDir, ownEtcd, { clock, log });
  try {
    await running.ready(signal);
  } catch (error) {
    await running.stop();
    throw error;
  }
  let believed = await readText(join(dataDir, 'pki/etcd/ca.crt'));
  const end = new AbortController();
  return {
    location: locationOf(dataDir, ownEtcd),
    trust(ca) {
      if (ca === believed) return;
      const waitMs = restartAfterMs(endOf(believed), clock.now(), randomInt(1_000) / 1_000);
      believed = ca;
      clock.sleep(waitMs, end.signal).then(running.again, () => {}); // it ends before
    },
    failed: running.failed,
    [Symbol.asyncDispose]() {
      end.abort();
      return running.stop();
    },
  };
}

/**
 * When to start a member again that has to believe the next authority: long before the last one ends, and not all members
 * at once, though all hear of it at the same time.
 * @param chance from 0 to 1
 */
export function restartAfterMs(lastUntilMs: number, nowMs: number, chance: number): number {
  return Math.max(0, Math.min(hourMs, (lastUntilMs - nowMs) / 2)) * chance;
}
const hourMs = 3_600_000;

function endOf(pem: string | undefined): number {
  return pem === undefined ? 0 : new X509Certificate(pem).validToDate.getTime();
}

/** @throws {ReasonError} if objects lie in a file: an empty etcd would take their place */
function refuseForgetting(databasePath: string): void {
  if (!existsSync(databasePath)) return;
  throw new ReasonError(
    'Conflict',
    `${databasePath} holds the objects of this control plane: \`skiff store migrate --etcd\` moves them to etcd`,
  );
}
