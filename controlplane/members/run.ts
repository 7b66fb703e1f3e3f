// The member of etcd beside a server: started with it, started again whenever it ends, ended after it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { endsWithUs } from '#lib/ends-with-us.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { openEtcdCluster } from './etcd-cluster.ts';
import { clientUrl, etcdWords, locationOf, type OwnMember, peerUrl } from './member.ts';

export interface RunningMember {
  /** Settles when it has a vote and the cluster answers. @throws {ReasonError} Gone if it was removed meanwhile */
  ready(signal: AbortSignal): Promise<void>;
  /** Never settles but by an error: it cannot be started, or was removed from the cluster. */
  readonly failed: Promise<never>;
  /** Ends it as `stop` does, and starts it again at once: it reads only at its start whom it believes. */
  again(): void;
  /** Ends it, and waits for that. */
  stop(): Promise<void>;
}

interface Dependencies {
  readonly clock: Clock;
  readonly log: Log;
}

export async function startMember(
  dataDir: string,
  member: OwnMember,
  { clock, log }: Dependencies,
): Promise<RunningMember> {
  await mkdir(join(dataDir, 'etcd/data'), { recursive: true, mode: 0o700 }); // etcd wants nobody else to see in
  const end = new AbortController();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // whoever waits for it is told, too
  let turn = new AbortController();
  const next = () => {
    turn = new AbortController();
    return turn.signal;
  };
  const ended = keepRunning(etcdWords(dataDir, member), next, { clock, log }, end.signal).catch((error) =>
    failed.reject(error),
  );
  return {
    failed: failed.promise,
    ready: (signal) => Promise.race([failed.promise, becomeVoter(dataDir, member, { clock, log }, signal)]),
    again: () => turn.abort(),
    async stop() {
      end.abort();
      await ended;
    },
  };
}

/** @param next gives the signal that ends one run, but not the last. @throws {ReasonError} as `RunningMember.failed` */
async function keepRunning(
  words: readonly string[],
  next: () => AbortSignal,
  { clock, log }: Dependencies,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    const startedMs = clock.now();
    const turn = next();
    const { code, isRemoved } = await runOnce(words, clock, AbortSignal.any([signal, turn]));
    if (signal.aborted) return;
    if (isRemoved) throw new ReasonError('Gone', 'This server was removed from its control plane');
    if (turn.aborted) {
      log.info('etcd is started again, as it was asked to be');
      failures = 0;
      continue;
    }
    if (clock.now() - startedMs > steadyMs) failures = 1;
    log.error('etcd ended and is started again', { code, failures });
    await clock.sleep(backoffMs(failures, { firstMs: 100, mostMs: 5_000 }), signal).catch(() => {}); // the end comes above
  }
}
const steadyMs = 30_000;

async function runOnce(
  words: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly code: number | string | null; readonly isRemoved: boolean }> {
  // Dies with us, however we die: one that went on alone would keep the next from starting.
  const child = spawn(...endsWithUs('etcd', ...words), { stdio: ['ignore', 'ignore', 'pipe'] });
  let isRemoved = false;
  createInterface({ input: child.stderr! }).on('line', (line) => {
    isRemoved ||= line.includes('permanently removed from the cluster');
    process.stderr.write(`${line}\n`);
  });
  const gone = Promise.withResolvers<number | string | null>();
  child.once('error', (error) => gone.reject(new ReasonError('InternalError', `Cannot start etcd: ${error.message}`)));
  child.once('close', (code, name) => gone.resolve(code ?? name));
  const stop = () => void endChild(child, gone.promise, clock);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const code = await gone.promise;
    if (code === 127) {
      throw new ReasonError('InternalError', 'There is no etcd: install it with "apt-get install etcd-server"');
    }
    return { code, isRemoved };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Asked, it hands its leadership over first. */
async function endChild(child: ChildProcess, gone: Promise<unknown>, clock: Clock): Promise<void> {
  child.kill('SIGTERM');
  const late = new AbortController();
  clock.sleep(graceMs, late.signal).then(
    () => child.kill('SIGKILL'),
    () => {}, // it has ended
  );
  await gone.catch(() => {}); // told to whoever waits for it
  late.abort();
}
const graceMs = 5_000;

async function becomeVoter(
  dataDir: string,
  member: OwnMember,
  { clock, log }: Dependencies,
  signal: AbortSignal,
): Promise<void> {
  const own = locationOf(dataDir, member);
  // A member that follows answers no questions: those it joined do.
  using all = await openEtcdCluster({ ...own, servers: [...member.others, ...own.servers] }, { clock, log });
  using alone = await openEtcdCluster(own, { clock, log });
  let saidMs = clock.now();
  for (;;) {
    const isVoter = member.isFirst || (await promote(member, all, signal));
    if (isVoter && (await alone.answers(signal))) return;
    if (clock.now() - saidMs > sayMs) {
      saidMs = clock.now();
      log.info('Waiting for etcd: most of its members have to run', { own: clientUrl(member), isVoter });
    }
    await clock.sleep(100, signal);
  }
}
const sayMs = 5_000;

async function promote(
  member: OwnMember,
  cluster: Awaited<ReturnType<typeof openEtcdCluster>>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = (await cluster.list(signal)).find(({ peerURLs }) => peerURLs.includes(peerUrl(member)));
    return found !== undefined && (!found.isLearner || (await cluster.promote(found.ID, signal)));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReasonError) return false; // nobody answers yet
    throw error;
  }
}
