// Keeps one certificate of the node good: orders the next one in time, takes it into use, and starts over.
import { randomInt } from 'node:crypto';
import { backoffMs } from '#lib/backoff.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { generateKey, type RequestedSubject } from '#lib/pki/certificate-request.ts';
import { type Held, heldOf, type Kind, readHeld, writeHeld } from '#lib/pki/held.ts';
import { orderCertificate } from './order.ts';
import { isSame, renewAtMs } from './plan.ts';

export interface KeepOptions {
  readonly kind: Kind;
  /** Where it is kept. */
  readonly directory: string;
  readonly client: Client;
  /** What it is to say; undefined as long as that is not known. */
  subject(): RequestedSubject | undefined;
  /** Takes it into use; called at the start, too, with a serving certificate that is there. */
  use(held: Held): void;
  /** Told until when the one that is held is good, and whenever that changes. */
  onLife?(untilMs: number): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs until `signal` is aborted. Whatever fails is tried again: until the end, the certificate in use does. */
export async function keepCertificate(options: KeepOptions, signal: AbortSignal): Promise<void> {
  const { kind, directory, clock, log } = options;
  let held = await readHeld(directory, kind);
  if (held !== undefined) options.onLife?.(held.life.untilMs);
  let chance = nextChance();
  let notBeforeMs = 0;
  let failures = 0;
  if (kind === 'kubelet-client' && held !== undefined && held.life.untilMs < clock.now()) {
    log.error('The certificate of this node has ended: it has to join again', { until: timeOf(held) });
  }
  if (held !== undefined && kind === 'kubelet-server') options.use(held); // the kubeconfig names the other one itself
  while (!signal.aborted) {
    const pauseMs = Math.max(pauseOf(held, options.subject(), chance, clock.now()), notBeforeMs - clock.now());
    if (pauseMs > 0) {
      await clock.sleep(pauseMs, signal).catch(() => {});
      continue;
    }
    try {
      held = await replace(options, signal);
      chance = nextChance();
      failures = 0;
      // One that is old from the start, as its authority is about to end, is not asked for again at once.
      notBeforeMs = clock.now() + Math.min(leastMs, (held.life.untilMs - clock.now()) / 2);
      options.use(held);
      options.onLife?.(held.life.untilMs);
      log.info('Took a new certificate into use', { kind, until: timeOf(held) });
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      log.warn('Could not renew a certificate', { kind, failures, err: error });
      await clock.sleep(backoffMs(failures, { firstMs: 1_000, mostMs: 60_000 }), signal).catch(() => {});
    }
  }
}

function timeOf({ life }: Held): string {
  return new Date(life.untilMs).toISOString();
}

function nextChance(): number {
  return randomInt(1_000) / 1_000;
}

/** How long there is nothing to do; what it must say is looked at now and then. */
function pauseOf(held: Held | undefined, wanted: RequestedSubject | undefined, chance: number, nowMs: number): number {
  if (wanted === undefined) return eagerMs;
  if (held === undefined || held.commonName !== wanted.commonName) return 0;
  const { dnsNames = [], ips = [] } = wanted;
  if (!isSame(held, { dnsNames, ips })) return 0;
  return Math.min(steadyMs, Math.max(0, renewAtMs(held.life, chance) - nowMs));
}
const eagerMs = 100;
const steadyMs = 10_000;
const leastMs = 60_000;

async function replace({ kind, directory, client, subject, clock }: KeepOptions, signal: AbortSignal): Promise<Held> {
  const wanted = subject();
  if (wanted === undefined) throw new Error('The node has no addresses yet');
  const key = await generateKey();
  const order = { client, clock, ...ordersOf[kind], subject: wanted, key, prefix: 'csr-' } as const;
  const pair = { cert: await orderCertificate(order, signal), key };
  const held = heldOf(pair);
  await writeHeld(directory, kind, pair, clock.now());
  return held;
}

/** Rule: kubelet, client and serving certificate templates for an ECDSA key. */
export const ordersOf = {
  'kubelet-client': {
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    usages: ['digital signature', 'client auth'],
  },
  'kubelet-server': {
    signerName: 'kubernetes.io/kubelet-serving',
    usages: ['digital signature', 'server auth'],
  },
} as const;
