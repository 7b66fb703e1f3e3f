import type { ServedResource } from '#lib/api/discovery/served.ts';
import { apiServices, endpointSlices, services } from '#lib/api/resources.ts';
import type { APIService } from '#lib/api/types/apiregistration.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { passed, problemOf, type Verdict, withVerdict } from './condition.ts';
import { discover } from './discover.ts';
import { fetchDocuments, type RemoteDocument } from './documents.ts';
import { type RemoteOptions, targetOf } from './remote.ts';
import { resourcesIn } from './resources.ts';

export interface AvailabilityOptions extends RemoteOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Availability {
  /** What extension API servers serve, by name of the APIService. */
  readonly resources: ReadonlyMap<string, readonly ServedResource[]>;
  /** What they publish in OpenAPI, by the same name. */
  readonly documents: ReadonlyMap<string, RemoteDocument>;
  /** Grows with each change of it. */
  readonly generation: number;
  /** Keeps the condition Available of every APIService right, writing through `api`. */
  run(api: Client, signal: AbortSignal): Promise<void>;
}

export function createAvailability(options: AvailabilityOptions): Availability {
  const { registry, metrics, clock, log } = options;
  const failures = metrics.counter(
    'aggregator_unavailable_apiservice_total',
    'How often an aggregated API went away, by why.',
    ['name', 'reason'],
  );
  const all = registry.reader(apiServices);
  metrics.gaugeFrom('aggregator_unavailable_apiservice', '1 for an aggregated API that is away.', ['name'], () =>
    all.list().map((object) => ({ values: [object.metadata.name], value: isAvailable(object) ? 0 : 1 })),
  );
  const allServices = registry.reader(services);
  const slices = registry.reader(endpointSlices);
  const resources = new Map<string, readonly ServedResource[]>();
  const documents = new Map<string, RemoteDocument>();
  const known = new Map<string, string>();
  let generation = 0;

  function remember(name: string, found: readonly ServedResource[], published: RemoteDocument): void {
    const text = JSON.stringify([found, published]);
    resources.set(name, found);
    if (known.get(name) === text) return;
    generation += 1;
    known.set(name, text);
    documents.set(name, published);
  }

  function forget(name: string): void {
    if (!known.delete(name)) return;
    generation += 1;
    resources.delete(name);
    documents.delete(name);
  }

  async function check(object: APIService, signal: AbortSignal): Promise<Verdict> {
    const { name = '', namespace = '' } = object.spec?.service ?? {};
    const problem = problemOf(object, allServices.get(`${namespace}/${name}`), slices.list(namespace));
    if (problem !== undefined) return problem;
    const { group = '', version = '' } = object.spec!;
    try {
      const target = targetOf(object.spec!, options);
      const { name } = object.metadata;
      const path = `apis/${group}/${version}`;
      const list = await discover(target, `/${path}`, signal);
      const found = resourcesIn(list, group, version);
      const before = documents.get(name);
      remember(name, found, before ?? { path });
      // Whoever is slow to publish is available all the same. What comes later than its APIService goes is dropped.
      fetchDocuments(target, path, before, signal).then(
        (published) => resources.get(name) === found && remember(name, found, published),
        () => {},
      );
      return passed;
    } catch (error) {
      signal.throwIfAborted();
      return { status: 'False', reason: 'FailedDiscoveryCheck', message: (error as Error).message };
    }
  }

  return {
    resources,
    documents,
    get generation() {
      return generation;
    },
    async run(api, signal) {
      const controller = createController({ name: 'apiservice-available', workers: 4, reconcile, clock, log });
      const ofService = (namespace: string | undefined, name: string | undefined) => {
        for (const { metadata, spec } of all.list()) {
          const { service } = spec ?? {};
          if (service?.name === name && service?.namespace === namespace) controller.add(metadata.name);
        }
      };
      all.onChange((_now, _before, key) => controller.add(key));
      allServices.onChange((_now, _before, key) => ofService(...(key.split('/') as [string, string])));
      slices.onChange((now, before) => {
        const { namespace, labels } = (now ?? before)!.metadata;
        ofService(namespace, labels?.['kubernetes.io/service-name']);
      });
      for (const { metadata } of all.list()) controller.add(metadata.name);
      await controller.run(signal);

      async function reconcile(name: string, signal: AbortSignal): Promise<number | undefined> {
        const object = all.get(name);
        if (object?.spec?.service === undefined) {
          forget(name);
          return undefined;
        }
        const verdict = await check(object, signal);
        const before = object.status?.conditions ?? [];
        const now = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
        const conditions = withVerdict(before, verdict, now);
        if (conditions !== before) {
          if (verdict.status === 'False') failures.add([name, verdict.reason]);
          const next = { ...object, status: { ...object.status, conditions } };
          await api.update(apiServices, next, signal, { subresource: 'status' }).catch((error) => {
            if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
          });
        }
        return verdict.status === 'True' ? recheckMs : retryMs;
      }
    },
  };
}
function isAvailable({ status }: APIService): boolean {
  return (status?.conditions ?? []).some((one) => one.type === 'Available' && one.status === 'True');
}

const recheckMs = 30_000;
const retryMs = 1_000;
