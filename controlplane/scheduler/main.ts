import { namespaces, nodes, pods } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import { createEventRecorder } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Informers } from '../controllers/informers.ts';
import { defaultPlugins } from './plugins/default.ts';
import { createVolumeBinding } from './plugins/volume-binding.ts';
import { createVolumeRestrictions, createVolumeZone } from './plugins/volume-rules.ts';
import { runScheduler } from './scheduler.ts';
import { createSchedulerVolumes } from './volumes.ts';

export interface StartSchedulerOptions {
  /** As system:kube-scheduler. */
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Log;
}

/** Schedules until `signal` is aborted. */
export async function startScheduler(
  { client, informers, clock, log }: StartSchedulerOptions,
  signal: AbortSignal,
): Promise<void> {
  const events = createEventRecorder({ client, component: 'default-scheduler', clock, log });
  const volumes = createSchedulerVolumes({ client, informers, clock });
  const ofVolumes = [createVolumeRestrictions, createVolumeBinding, createVolumeZone].map((make) =>
    make(volumes.facts),
  );
  await Promise.all([
    events.run(signal),
    runScheduler(
      {
        client,
        events,
        clock,
        log,
        plugins: [...defaultPlugins, ...ofVolumes],
        volumes,
        informers: {
          pods: informers.get(pods),
          nodes: informers.get(nodes),
          namespaces: informers.get(namespaces),
        },
      },
      signal,
    ),
  ]);
}
