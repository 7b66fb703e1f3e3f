import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { flowSchemas, priorityLevelConfigurations } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import type { Transport } from '#lib/client/transport.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Registry } from '../registry/registry.ts';
import { type WantedSpec, wantedLevels, wantedSchemas } from './objects.ts';
import { danglingOf, planFlow } from './plan.ts';

export interface FlowsOptions {
  readonly registry: Pick<Registry, 'reader'>;
  /** Speaks as the server itself. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Flows {
  /** Makes what every cluster must have. What fails is logged, and tried again within a minute. */
  ensure(signal: AbortSignal): Promise<void>;
  /** Ensures once a minute, and says of each flow whether its level is there, until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/** Keeps the levels and flows. Rule: upstream's priority-and-fairness-config-producer and -consumer. */
export function createFlows({ registry, transport, clock, log }: FlowsOptions): Flows {
  const schemas = registry.reader(flowSchemas);
  const levels = registry.reader(priorityLevelConfigurations);
  const producer = createClient(transport, { userAgent: 'api-priority-and-fairness-config-producer-v1' });

  async function ensure(signal: AbortSignal): Promise<void> {
    const about = { client: producer, log, signal };
    await Promise.all(wantedLevels.map((one) => ensureOne(about, priorityLevelConfigurations, one, levels.get)));
    await Promise.all(wantedSchemas.map((one) => ensureOne(about, flowSchemas, one, schemas.get)));
  }

  async function tell(name: string, signal: AbortSignal): Promise<undefined> {
    const flow = schemas.get(name);
    if (flow === undefined) return;
    const hasLevel = levels.get(flow.spec.priorityLevelConfiguration?.name ?? '') !== undefined;
    const condition = danglingOf(flow, hasLevel, timestamp(clock.now()));
    if (condition === undefined) return;
    const body = {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name },
      status: { conditions: [condition] },
    };
    const patch = {
      type: 'apply',
      body,
      fieldManager: 'api-priority-and-fairness-config-consumer-v1',
      force: true,
    } as const;
    await producer.patch(flowSchemas, { name }, patch, signal, { subresource: 'status' }).catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error; // deleted meanwhile
    });
  }

  return {
    ensure,
    async run(signal) {
      const controller = createController({ name: 'flow-schemas', reconcile: tell, clock, log });
      const tellOf = (names: Iterable<string>) => {
        for (const name of names) controller.add(name);
      };
      const namesWith = (level: string) =>
        schemas
          .list()
          .filter(({ spec }) => spec.priorityLevelConfiguration?.name === level)
          .map(({ metadata }) => metadata.name!);
      const ends = [
        schemas.onChange((_now, _before, name) => tellOf([name])),
        levels.onChange((now, before, name) => {
          if ((now === undefined) !== (before === undefined)) tellOf(namesWith(name));
        }),
      ];
      tellOf(schemas.list().map(({ metadata }) => metadata.name!));
      await Promise.all([controller.run(signal), again(signal)]);
      for (const end of ends) end();
    },
  };

  async function again(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(everyMs, signal).catch(() => {}); // only the end of the server aborts it
      if (!signal.aborted) await ensure(signal).catch(() => {}); // the same
    }
  }
}
const everyMs = 60_000;

interface About {
  readonly client: Client;
  readonly log: Log;
  readonly signal: AbortSignal;
}

async function ensureOne<T extends object, O extends KubeObject & { readonly spec: T }>(
  { client, log, signal }: About,
  resource: Resource<O>,
  wanted: WantedSpec<T>,
  found: (name: string) => O | undefined,
): Promise<void> {
  const step = planFlow(wanted, found(wanted.name));
  if (step.do === 'nothing') return;
  try {
    if (step.do === 'create') await client.create(resource, step.object as O, signal);
    else await client.update(resource, step.object as O, signal);
  } catch (error) {
    if (hasReason(error, 'AlreadyExists', 'Conflict')) return; // another server did it first
    signal.throwIfAborted();
    log.error('Could not bootstrap object', { kind: resource.kind, object: wanted.name, err: error });
  }
}
