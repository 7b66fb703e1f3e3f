import type { Client } from '#lib/client/client.ts';
import { createEventRecorder, type EventRecorder } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import { type Controller, type ControllerOptions, createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Informers } from '../informers.ts';

/** What every controller gets. */
export interface ControllerContext {
  readonly client: Client;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
}

/** A context whose writes and Events carry the controller's own name. */
export function contextFor(
  name: string,
  {
    clientFor,
    informers,
    clock,
    log,
  }: {
    readonly clientFor: (name: string) => Client;
    readonly informers: Informers;
    readonly clock: Clock;
    readonly log: Log;
  },
  signal: AbortSignal,
): ControllerContext {
  const client = clientFor(name);
  const bound = log.with({ controller: name });
  const events = createEventRecorder({ client, component: name, clock, log: bound });
  void events.run(signal);
  return { client, informers, events, clock, log: bound };
}

/** A queue for `reconcile`, which waits until `synced` has settled and takes conflicts and vanished objects for what they are: usual. */
export function createQueue(
  name: string,
  { clock, log }: ControllerContext,
  reconcile: ControllerOptions['reconcile'],
  { workers = 5 }: { readonly workers?: number } = {},
): Controller {
  return createController({
    name,
    workers,
    clock,
    log,
    async reconcile(key, signal) {
      try {
        return await reconcile(key, signal);
      } catch (error) {
        // Somebody else was faster: their change comes through the informer, and this makes sure of a second look.
        if (hasReason(error, 'Conflict')) return conflictMs;
        throw error;
      }
    },
  });
}
const conflictMs = 20;

/** Runs `queue` as soon as all informers are complete. */
export async function runWhenSynced(
  queue: Controller,
  informers: readonly { readonly synced: Promise<void> }[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(informers.map(({ synced }) => synced));
  await queue.run(signal);
}
