import { existsSync } from 'node:fs';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { type EtcdLocation, factsOf, type ServerOptions } from '../options.ts';
import { locationOf, readMember, writeMember } from './member.ts';

export interface OwnEtcd extends AsyncDisposable {
  readonly location: EtcdLocation;
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
  return {
    location: locationOf(dataDir, ownEtcd),
    failed: running.failed,
    [Symbol.asyncDispose]: running.stop,
  };
}

/** @throws {ReasonError} if objects lie in a file: an empty etcd would take their place */
function refuseForgetting(databasePath: string): void {
  if (!existsSync(databasePath)) return;
  throw new ReasonError(
    'Conflict',
    `${databasePath} holds the objects of this control plane: \`skiff store migrate --etcd\` moves them to etcd`,
  );
}
