import { csiNodes, namespaces, nodes, podDisruptionBudgets, pods } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import { createEventRecorder, type EventRecorder } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Informers } from '../controllers/informers.ts';
import type { SchedulerConfiguration } from './config/types.ts';
import { profilesOf } from './profile.ts';
import { runScheduler } from './scheduler.ts';
import { createSpreadFacts } from './spread-selector.ts';
import { createSchedulerVolumes } from './volumes.ts';

export interface StartSchedulerOptions {
  /** As system:kube-scheduler. */
  readonly client: Client;
  readonly informers: Informers;
  /** Which schedulers there are, and what they go by; upstream's one unless told. */
  readonly configuration?: SchedulerConfiguration;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
}

/** Schedules until `signal` is aborted. */
export async function startScheduler(options: StartSchedulerOptions, signal: AbortSignal): Promise<void> {
  const { client, informers, configuration = {}, clock, log } = options;
  const volumes = createSchedulerVolumes({ client, informers, clock });
  const spread = createSpreadFacts(informers);
  const attached = informers.get(csiNodes);
  const budgets = informers.get(podDisruptionBudgets);
  const limits = { ...volumes.facts, csiNode: (name: string) => attached.get(name) };
  const profiles = profilesOf(configuration, { volumes: limits, spread });
  const recorders = new Map(
    profiles.map(({ schedulerName }): readonly [string, EventRecorder] => {
      return [schedulerName, createEventRecorder({ client, component: schedulerName, clock, log })];
    }),
  );
  const { podInitialBackoffSeconds = 1, podMaxBackoffSeconds = 10 } = configuration;
  await Promise.all([
    ...[...recorders.values()].map((events) => events.run(signal)),
    runScheduler(
      {
        client,
        eventsOf: (name) => recorders.get(name)!,
        clock,
        log,
        ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
        profiles,
        backoff: { firstMs: podInitialBackoffSeconds * 1000, mostMs: podMaxBackoffSeconds * 1000 },
        volumes,
        synced: Promise.all([volumes.synced, spread.synced, attached.synced, budgets.synced]),
        informers: {
          pods: informers.get(pods),
          nodes: informers.get(nodes),
          namespaces: informers.get(namespaces),
          budgets,
        },
      },
      signal,
    ),
  ]);
}
