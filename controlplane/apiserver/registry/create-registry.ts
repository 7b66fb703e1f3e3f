import { randomUUID } from 'node:crypto';
import type { ResourceFacts } from '#lib/api/facts.ts';
import { rulesOf } from '#lib/api/kinds/rules.ts';
import { apiVersionOf } from '#lib/api/resource.ts';
import { resourceFacts, type TypeSchema, typeOfKind } from '#lib/api/schema.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics, type Metrics } from '#lib/metrics.ts';
import { runCompactor } from '../../store/compactor.ts';
import type { Store } from '../../store/store.ts';
import { type Admission, createAdmission, type Plugin } from '../admission/admission.ts';
import { stepsMeasured } from '../admission/metrics.ts';
import { createFeed } from './cache/feed.ts';
import { createResourceCache, type FedCache } from './cache/resource-cache.ts';
import { parserOf } from './cache/stored-object.ts';
import { createTurn } from './cache/turn.ts';
import { conversionOf } from './conversions.ts';
import { answered, dispatch } from './dispatch.ts';
import { runEventExpiry } from './event-expiry.ts';
import { createExtensions } from './extensions.ts';
import { createWatchGroups } from './operations/watch-group.ts';
import { createListMetrics } from './present/list-metrics.ts';
import { createPace } from './present/pace.ts';
import { createUrgent } from './present/urgent.ts';
import { createWatchMetrics } from './present/watch-metrics.ts';
import { createReader } from './reader.ts';
import type { Registry, ResourceCall, ResourceStore } from './registry.ts';
import type { Core, Hooks, Served } from './served.ts';
import { storagePrefix } from './storage-keys.ts';

export interface RegistryOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** The admission chain, made once there is something to read from. */
  readonly admission?: (registry: Registry) => readonly Plugin[];
  /** Hooks by resource, `services` say ('plural.group' outside the core group). */
  readonly hooks?: (registry: Registry) => Readonly<Record<string, Hooks>>;
  readonly newUid?: () => string;
  readonly random?: () => number;
}

/** Generic storage for every built-in resource: one cache each, shared by its versions. */
export function createRegistry(options: RegistryOptions): Registry {
  const { store, clock, log, metrics = createMetrics(), newUid = randomUUID, random = Math.random } = options;
  const stored = resourceFacts.filter(isStored);
  const caches = new Map<string, FedCache>();
  for (const facts of stored) {
    const prefix = storagePrefix(facts.group, facts.plural);
    const type = conversionOf(facts.group, facts.version, facts.kind)?.type ?? typeOf(facts);
    if (!caches.has(prefix)) caches.set(prefix, createResourceCache(prefix, parserOf(type)));
  }
  const feed = createFeed({ store, caches: [...caches.values()], clock, log });
  let admission: Admission = createAdmission([]);
  let hooks: Readonly<Record<string, Hooks>> = {};

  function serve(facts: ResourceFacts): Served {
    const { group, version, kind, plural } = facts;
    const conversion = conversionOf(group, version, kind);
    return {
      facts,
      group,
      version,
      kind,
      plural,
      apiVersion: apiVersionOf(facts),
      isNamespaced: facts.scope === 'Namespaced',
      named: { group, resource: plural },
      type: typeOf(facts),
      rules: rulesOf(group, kind),
      cache: caches.get(storagePrefix(group, plural))!,
      ...(conversion === undefined ? {} : { conversion }),
      siblings: () => siblings.get(storagePrefix(group, plural)) ?? [],
      get hooks() {
        return hooks[group === '' ? plural : `${plural}.${group}`];
      },
    } as Served;
  }

  const served = new Map(stored.map((facts) => [`${facts.group}/${facts.version}/${facts.plural}`, serve(facts)]));
  const siblings = Map.groupBy(served.values(), ({ group, plural }) => storagePrefix(group, plural));
  const preferred = new Map<string, Served>();
  for (const one of served.values()) {
    const key = `${one.group}/${one.plural}`;
    if (one.conversion === undefined || !preferred.has(key)) preferred.set(key, one);
  }
  const urgent = createUrgent();
  const turn = createTurn();
  const core: Core = {
    store,
    feed,
    turn,
    urgent,
    pace: createPace(urgent, clock),
    clock,
    admission: {
      mutate: (attributes, signal) => admission.mutate(attributes, signal),
      validate: (attributes, signal) => admission.validate(attributes, signal),
    },
    watches: createWatchMetrics(metrics),
    watchGroups: createWatchGroups(turn),
    countList: createListMetrics(metrics),
    newUid,
    random,
    served: (group, plural) => preferred.get(`${group}/${plural}`),
  };
  const stores = new Map<string, ResourceStore>();
  for (const [key, one] of served) stores.set(key, storeOf(core, one));
  const pods = served.get('/v1/pods')!;
  const bindings = resourceFacts.find(({ group, plural }) => group === '' && plural === 'bindings');
  if (bindings !== undefined) stores.set('/v1/bindings', bindingStore(core, pods, bindings));

  const extensions = createExtensions(core);
  const registry: Registry = {
    resource: (group, version, plural) =>
      stores.get(`${group}/${version}/${plural}`) ?? extensions.store(group, version, plural),
    resources: { [Symbol.iterator]: () => stores.values() },
    extensions,
    reader({ group, plural }) {
      const one = preferred.get(`${group}/${plural}`);
      if (one === undefined) throw new TypeError(`No resource is named ${plural}.${group}`);
      return createReader(one.cache);
    },
    admission: core.admission,
    ready: feed.ready,
    async run(signal) {
      const events = preferred.get('/events')!.cache;
      const expiry = runEventExpiry({ cache: events, store, clock, log }, signal);
      const upkeep = store.run?.(signal) ?? runCompactor({ store, clock, log }, signal);
      await Promise.all([feed.run(signal), upkeep, expiry]);
    },
  };
  admission = stepsMeasured(createAdmission(options.admission?.(registry) ?? []), metrics);
  hooks = options.hooks?.(registry) ?? {};
  return registry;
}

function typeOf({ group, version, kind }: ResourceFacts): TypeSchema {
  const type = typeOfKind(group, version, kind);
  if (type === undefined) throw new TypeError(`No type is named ${kind} in ${group}/${version}`);
  return type;
}

/** Reviews and the like can only be created: nothing of them is kept. */
function isStored({ verbs, subresourceOnly, aggregated }: ResourceFacts): boolean {
  return verbs.includes('watch') && !subresourceOnly && !aggregated;
}

function storeOf(core: Core, served: Served): ResourceStore {
  return {
    facts: served.facts,
    subresources: served.facts.subresources.map(({ name }) => name).filter((name) => answered.has(name)),
    count: () => served.cache.count(''),
    serve: async (call) => dispatch(core, served, call),
  };
}

/** POST to `/bindings`: the binding of a pod that the object itself names. */
function bindingStore(core: Core, pods: Served, facts: ResourceFacts): ResourceStore {
  return {
    facts,
    subresources: [],
    serve: async (call: ResourceCall) =>
      dispatch(core, call.verb === 'create' ? pods : { ...pods, facts }, {
        ...call,
        ...(call.verb === 'create' ? { subresource: 'binding' } : {}),
      }),
  };
}
