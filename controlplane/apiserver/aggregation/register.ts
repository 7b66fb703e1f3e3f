import { apiServices, customResourceDefinitions } from '#lib/api/resources.ts';
import type { CustomResourceDefinition } from '#lib/api/types/apiextensions.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Registry } from '../registry/registry.ts';

export interface RegisterOptions {
  readonly registry: Pick<Registry, 'reader'>;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps an APIService for every version that definitions serve. Rule: upstream's crdregistration controller. */
export async function runRegistration(
  { registry, client, clock, log }: RegisterOptions,
  signal: AbortSignal,
): Promise<void> {
  const definitions = registry.reader(customResourceDefinitions);
  const services = registry.reader(apiServices);
  const controller = createController({ name: 'crd-registration', reconcile, clock, log });
  definitions.onChange((now, before) => {
    for (const name of new Set([now, before].flatMap(namesIn))) controller.add(name);
  });
  for (const definition of definitions.list()) for (const name of namesIn(definition)) controller.add(name);
  await controller.run(signal);

  async function reconcile(name: string, signal: AbortSignal): Promise<undefined> {
    const isWanted = definitions.list().some((definition) => namesIn(definition).includes(name));
    const known = services.get(name);
    if (isWanted && known === undefined) {
      const at = name.indexOf('.');
      const spec = {
        group: name.slice(at + 1),
        version: name.slice(0, at),
        groupPriorityMinimum: 1000,
        versionPriority: 100,
      };
      const metadata = { name, labels: { [label]: 'true' } };
      await client.create(apiServices, { metadata, spec } as never, signal).catch(unlessUsual);
    }
    if (!isWanted && known?.metadata.labels?.[label] === 'true') {
      await client.delete(apiServices, { name }, signal).catch(unlessUsual);
    }
  }
}
const label = 'kube-aggregator.kubernetes.io/automanaged';

function namesIn(definition: CustomResourceDefinition | undefined): readonly string[] {
  if (definition?.metadata.deletionTimestamp !== undefined) return [];
  const { group = '', versions = [] } = definition?.spec ?? {};
  return versions.filter(({ served }) => served).map(({ name }) => `${name}.${group}`);
}

function unlessUsual(error: unknown): void {
  if (!hasReason(error, 'AlreadyExists', 'NotFound')) throw error;
}
