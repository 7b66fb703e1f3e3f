// Follows CustomResourceDefinitions: serves what they define as soon as their names are accepted, and when one is to be
// deleted, deletes its objects first.

import { parseJson } from '#lib/api/json/parse.ts';
import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { customResourceDefinitions as resource } from '#lib/api/resources.ts';
import { type Compile, hasRules } from '#lib/api/structural/rules.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import type { Log } from '#lib/log.ts';
import { createCallWebhook } from '../admission/webhooks/call.ts';
import type { LoadCel } from '../cel/load-cel.ts';
import type { ResourceCache } from '../registry/cache/resource-cache.ts';
import type { Registry, ResourceCall, Verb } from '../registry/registry.ts';
import { setLinearPatterns } from './linear-patterns.ts';
import { type Definition, factsOf, storageVersionOf } from './resource.ts';
import { servedOf } from './served.ts';
import { isTrue, planStatus, withCondition } from './status.ts';
import { schemaOf } from './type.ts';
import { createConverter } from './webhook.ts';

export interface CustomResourcesOptions {
  readonly registry: Registry;
  readonly loadCel: LoadCel;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CustomResources {
  /** Settles when all that was defined before the start is served. */
  readonly ready: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

interface Open {
  readonly cache: ResourceCache;
  /** What the served form was made of. */
  definition: Definition | undefined;
}

export function createCustomResources({ registry, loadCel, clock, log }: CustomResourcesOptions): CustomResources {
  const definitions = registry.reader(resource);
  const { extensions } = registry;
  const callWebhook = createCallWebhook(registry);
  const open = new Map<string, Open>();
  const ready = Promise.withResolvers<void>();
  const controller = createController({ name: 'custom-resources', reconcile, clock, log });

  async function reconcile(name: string, signal: AbortSignal): Promise<number | undefined> {
    const definition = definitions.get(name);
    if (definition === undefined) return close(name);
    if (definition.metadata.deletionTimestamp !== undefined) return await finalize(definition, signal);
    const status = planStatus(definition, definitions.list(), clock.now());
    const planned = { ...definition, status };
    // Served first: who reads that it is established may use it at once.
    if (isTrue(status.conditions, 'Established')) await serve(planned, signal);
    if (status !== definition.status) {
      await write(planned, signal);
      log.info('Accepted a custom resource definition', { definition: name });
    }
    return undefined;
  }

  async function serve(definition: Definition, signal: AbortSignal): Promise<void> {
    const { name } = definition.metadata;
    const known = open.get(name);
    if (known?.definition !== undefined && isSameService(known.definition, definition)) return;
    const entry = known ?? { cache: await openCache(definition, signal), definition: undefined };
    const compile = await compilerFor(definition, loadCel);
    open.set(name, entry);
    entry.definition = definition;
    extensions.serve(name, servedOf(definition, entry.cache, createConverter(definition, callWebhook), compile));
  }

  function openCache({ spec }: Definition, signal: AbortSignal): Promise<ResourceCache> {
    const parse = (bytes: Buffer) => parseJson(bytes.toString()).value as KubeObject;
    return extensions.open(`/registry/${spec.group}/${spec.names?.plural}/`, parse, signal);
  }

  function close(name: string): undefined {
    const entry = open.get(name);
    if (entry === undefined) return;
    extensions.serve(name, []);
    extensions.close(entry.cache);
    open.delete(name);
    log.info('Stopped serving a custom resource', { definition: name });
  }

  async function finalize(definition: Definition, signal: AbortSignal): Promise<number | undefined> {
    const { metadata, status } = definition;
    if (!metadata.finalizers?.includes(finalizer)) return undefined;
    const say = (isTerminating: boolean, reason: string, message: string): Definition => {
      const condition = { type: 'Terminating', status: isTerminating ? 'True' : 'False', reason, message };
      return {
        ...definition,
        status: { ...status, conditions: withCondition(status?.conditions ?? [], condition, clock.now()) },
      };
    };
    if (!isTrue(status?.conditions, 'Established')) {
      return await release(say(false, 'NeverEstablished', 'resource was never established'), signal);
    }
    await serve(definition, signal);
    if (!isTrue(status?.conditions, 'Terminating')) {
      await write(say(true, 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'), signal);
      return 0;
    }
    const left = await deleteInstances(definition, signal);
    if (left > 0) return againMs;
    return await release(say(false, 'InstanceDeletionCompleted', 'removed all instances'), signal);
  }

  /** Deletes all objects, as any client would; returns how many are still there. */
  async function deleteInstances(definition: Definition, signal: AbortSignal): Promise<number> {
    const cache = open.get(definition.metadata.name)?.cache;
    const version = storageVersionOf(definition);
    if (cache === undefined || version === undefined) return 0;
    const served = definition.spec.versions.find((one) => one.served) ?? version;
    const { group, plural, scope } = factsOf(definition, served);
    const store = registry.resource(group, served.name, plural);
    if (store === undefined) return 0;
    const keys = cache.select('').map(({ key }) => key);
    const namespaces = new Set(
      keys.map((key) => (scope === 'Namespaced' ? key.slice(0, key.indexOf('/')) : undefined)),
    );
    for (const namespace of namespaces) {
      await store.serve(callOf('deletecollection', signal, namespace === undefined ? {} : { namespace }));
    }
    return cache.count('');
  }

  async function release(definition: Definition, signal: AbortSignal): Promise<undefined> {
    const latest = await write(definition, signal);
    const finalizers = (latest.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    await send({ ...latest, metadata: { ...latest.metadata, finalizers } }, undefined, signal);
  }

  function write(definition: Definition, signal: AbortSignal): Promise<Definition> {
    return send(definition, 'status', signal);
  }

  async function send(
    definition: Definition,
    subresource: string | undefined,
    signal: AbortSignal,
  ): Promise<Definition> {
    const store = registry.resource(resource.group, resource.version, resource.plural)!;
    const { name } = definition.metadata;
    const body = Buffer.from(
      JSON.stringify({ ...definition, apiVersion: 'apiextensions.k8s.io/v1', kind: resource.kind }),
    );
    const response = await store.serve({ ...callOf('update', signal, { name, subresource }), body });
    return JSON.parse(Buffer.from(response.body as Uint8Array).toString());
  }

  return {
    ready: ready.promise,
    async run(signal) {
      await registry.ready;
      setLinearPatterns();
      definitions.onChange((_now, before, name) => {
        controller.add(name);
        // A name that came free may be what another one waits for.
        if (_now === undefined && before !== undefined)
          for (const one of definitions.list()) controller.add(one.metadata.name);
      });
      for (const definition of definitions.list()) {
        if (isTrue(definition.status?.conditions, 'Established')) await serve(definition, signal).catch(again);
        controller.add(definition.metadata.name);
      }
      ready.resolve();
      await controller.run(signal);
    },
  };
}
/** The controller tries again what fails at the start. */
function again(): void {}

const finalizer = 'customresourcecleanup.apiextensions.k8s.io';
const againMs = 500;

/** CEL is loaded by the first definition that has rules in it. */
async function compilerFor({ spec }: Definition, loadCel: LoadCel): Promise<Compile | undefined> {
  if (!spec.versions.some((version) => hasRules(schemaOf(version)))) return undefined;
  return await loadCel();
}

/** Whether both are served alike. */
function isSameService(a: Definition, b: Definition): boolean {
  return isSame(a.spec, b.spec) && isSame(a.status?.acceptedNames, b.status?.acceptedNames);
}

function callOf(verb: Verb, signal: AbortSignal, where: Partial<ResourceCall>): ResourceCall {
  return {
    verb,
    user: { name: 'system:apiserver', groups: ['system:masters'] },
    query: new URLSearchParams(),
    body: new Uint8Array(),
    contentType: 'application/json',
    form: { encoding: 'json', as: 'object', metaVersion: 'v1' },
    userAgent: 'kube-apiserver',
    signal,
    ...where,
  };
}
