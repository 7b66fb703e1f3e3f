import { apiVersionOf, type KubeObject, type Resource } from '#lib/api/resource.ts';
import { events } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Event, ObjectReference } from '#lib/api/types/core.v1.ts';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Client } from './client.ts';
import { createCorrelator, type Occurrence } from './event-correlator.ts';

/** Tells people what happened to an object, as Events that `kubectl describe` shows. */
export interface EventRecorder {
  /** Returns at once; what cannot be written is dropped. */
  record(about: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string, more?: More): void;
  /** Writes what was recorded, until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface More {
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface EventRecorderOptions {
  readonly client: Client;
  /** Such as `kubelet` or `deployment-controller`. */
  readonly component: string;
  /** The node, where the component belongs to one. */
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rule: client-go tools/record: repeats are counted in one Event, floods are thinned out. */
export function createEventRecorder({ client, component, host, clock, log }: EventRecorderOptions): EventRecorder {
  const correlator = createCorrelator();
  const queue: Occurrence[] = [];
  let bell = Promise.withResolvers<void>();

  function record(
    about: ObjectReference,
    type: string,
    reason: string,
    message: string,
    { annotations }: More = {},
  ): void {
    if (queue.length >= mostQueued) {
      log.debug('Dropped an event', { reason });
      return;
    }
    queue.push({ about, type, reason, message: message.slice(0, longestMessage), annotations, atMs: clock.now() });
    bell.resolve();
  }

  async function run(signal: AbortSignal): Promise<void> {
    const stop = () => bell.resolve();
    signal.addEventListener('abort', stop, { once: true });
    while (!signal.aborted) {
      const next = queue.shift();
      if (next === undefined) {
        bell = Promise.withResolvers<void>();
        await bell.promise;
      } else {
        await deliver(next, signal).catch((error) => {
          if (!signal.aborted) log.debug('Dropped an event', { reason: next.reason, err: error });
        });
      }
    }
  }

  async function deliver(occurrence: Occurrence, signal: AbortSignal): Promise<void> {
    const plan = correlator.plan(occurrence);
    if (plan.do === 'drop') return;
    for (let failures = 0; ; ) {
      try {
        const written =
          plan.do === 'patch' ? await again(plan, occurrence, signal) : await create(occurrence, plan.message, signal);
        correlator.written(plan.key, written.metadata.name, written.count ?? 1);
        return;
      } catch (error) {
        // What the server refuses it refuses again; only what it could not see is worth a retry.
        if (signal.aborted || !hasReason(error, 'ServiceUnavailable', 'TooManyRequests', 'ServerTimeout', 'Timeout'))
          throw error;
        if (++failures >= mostTries) throw error;
        await clock.sleep(backoffMs(failures, { firstMs: 500, mostMs: 10_000, jitter: 1 }), signal);
      }
    }
  }

  async function again(
    { name, count, message }: { readonly name: string; readonly count: number; readonly message: string },
    occurrence: Occurrence,
    signal: AbortSignal,
  ): Promise<Event> {
    const body = { count, message, lastTimestamp: timestamp(occurrence.atMs) };
    try {
      const at = { namespace: namespaceOf(occurrence), name };
      return await client.patch(events, at, { type: 'strategic', body }, signal);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      return await create(occurrence, message, signal); // it has lived its hour
    }
  }

  function create(occurrence: Occurrence, message: string, signal: AbortSignal): Promise<Event> {
    const { about, type, reason, annotations, atMs } = occurrence;
    const namespace = namespaceOf(occurrence);
    const time = timestamp(atMs);
    const event = {
      metadata: { name: nameFor(about, atMs), namespace, ...(annotations === undefined ? {} : { annotations }) },
      involvedObject: about,
      reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
    return client.create(events, event, signal);
  }

  let made = 0;
  /** Unique as upstream's are: by the time in nanoseconds, the last digits of which are a counter here. */
  function nameFor(about: ObjectReference, atMs: number): string {
    made = (made + 1) % 1_000_000;
    return `${about.name}.${(BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(made)).toString(16)}`;
  }

  return { record, run };
}
const mostQueued = 1_000;
const mostTries = 12;
const longestMessage = 1_024; // Rule: events.k8s.io, note

function namespaceOf({ about }: Occurrence): string {
  return about.namespace ?? 'default';
}

/** The reference under which Events about `object` are found. */
export function referenceTo<T extends KubeObject>(resource: Resource<T>, { metadata }: T): ObjectReference {
  return {
    kind: resource.kind,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    name: metadata.name,
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    apiVersion: apiVersionOf(resource),
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
  };
}
