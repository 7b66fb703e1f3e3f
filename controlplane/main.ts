// `skiff server`: API server, scheduler and controllers in one process. They talk as separate ones would, but in memory.
import { mkdir } from 'node:fs/promises';
import { type Client, createClient } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { giveBackMemory } from '#lib/give-back-memory.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createPlugins } from './apiserver/admission/plugins.ts';
import { runRegistration } from './apiserver/aggregation/register.ts';
import { type ApiServer, createApiServer } from './apiserver/apiserver.ts';
import { createEscalationCheck } from './apiserver/authorization/escalation.ts';
import type { EndpointFacts } from './apiserver/bootstrap/objects.ts';
import { bootstrap } from './apiserver/bootstrap/reconcile.ts';
import { leaveEndpoints, runEndpoints } from './apiserver/bootstrap/run-endpoints.ts';
import { createServerLeases } from './apiserver/bootstrap/server-leases.ts';
import { createLoadCel } from './apiserver/cel/load-cel.ts';
import { createCustomResources } from './apiserver/customresources/custom-resources.ts';
import { createRuleHooks } from './apiserver/customresources/rule-hooks.ts';
import { createFlows } from './apiserver/flowcontrol/maintain.ts';
import { createHttpServer, type HttpServer } from './apiserver/http/server.ts';
import { createRegistry } from './apiserver/registry/create-registry.ts';
import type { Registry } from './apiserver/registry/registry.ts';
import { resourceAt } from './apiserver/registry/storage-keys.ts';
import type { HealthCheck } from './apiserver/routes/health.ts';
import { addAllocationMetrics } from './apiserver/services/allocation-metrics.ts';
import { createServiceHooks, defaultPorts } from './apiserver/services/hooks.ts';
import { createPortKeys } from './apiserver/services/port-keys.ts';
import { createPortMap } from './apiserver/services/port-map.ts';
import { createRanges } from './apiserver/services/run-ranges.ts';
import { openOutside } from './apiserver/webhook/open-outside.ts';
import { type Certificates, clientCaOf, openCertificates } from './certificates.ts';
import { type ComponentsOptions, runComponents } from './components.ts';
import { startOwnMember } from './members/own.ts';
import { createServersRoute } from './members/serve.ts';
import { openStore } from './open-store.ts';
import type { ServerFacts, ServerOptions } from './options.ts';
import { dumpStore } from './store/backup.ts';
import { counted } from './store/metrics.ts';

export interface ServerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the server: requests under way are let finish. */
  readonly signal: AbortSignal;
  /** Called once, as soon as the server is ready: with the port it listens on. */
  onReady?(port: number): void;
}

/** Runs a control plane until `signal` is aborted. */
export async function runServer(
  options: ServerOptions,
  { clock, log, signal, onReady }: ServerDependencies,
): Promise<void> {
  const fromMs = clock.now();
  const extras = { ...(await schedulerOf(options)), ...(await cloudOf(options)) };
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const certificates = await openCertificates(options, { clock, log });
  const [facts, pki] = [certificates.facts(), certificates.current()];
  await using member = await startOwnMember(options, { clock, log }, signal);
  const etcd = member?.location ?? options.etcd;
  const metrics = createMetrics();
  const outside = await openOutside(options, metrics, { clock, log });
  const engine = await openStore({ ...facts, maxStoreBytes: options.maxStoreBytes, etcd }, { clock, log });
  const store = counted(engine, metrics, resourceAt);
  const loadCel = createLoadCel(metrics);
  const progress = new Progress(() => store.problem?.());
  const portKeys = store.isShared ? createPortKeys(store, createPortMap(store, defaultPorts)) : undefined;
  const registry = createRegistry({
    store,
    clock,
    log,
    metrics,
    admission: (readable) => [
      ...createPlugins({
        registry: readable,
        clock,
        log,
        metrics,
        authorize: (asked) => apiServer.authorize(asked),
        protectsStorage: !options.apiOnly,
      }),
      createEscalationCheck(() => apiServer),
    ],
    hooks: (readable) => ({
      'customresourcedefinitions.apiextensions.k8s.io': createRuleHooks(loadCel),
      services: createServiceHooks(readable, { range: facts.serviceClusterIPRange, portKeys }),
    }),
  });
  addAllocationMetrics(metrics, registry, facts.serviceClusterIPRange);
  const customResources = createCustomResources({ registry, loadCel, clock, log });
  const apiServer: ApiServer = createApiServer({
    facts,
    certificates,
    registry,
    backup: (end) => dumpStore(store, end),
    servers: createServersRoute({ etcd: member?.location, settings: facts, pki: certificates.current, clock, log }),
    health: progress.checks,
    bootstrapped: progress.bootstrapped.promise,
    anonymous: options.anonymous,
    outside,
    metrics,
    clock,
    log,
  });
  const running = new AbortController(); // what works behind the API outlives `signal` until the last request is answered
  const componentsEnd = new AbortController(); // they end first: they give back their Leases through the API
  let components: Promise<void> | undefined;
  const leaving = new AbortController(); // of the servers that live
  let leave: (() => Promise<void>) | undefined;
  const work = [
    registry.run(running.signal),
    customResources.run(running.signal),
    giveBackMemory(clock, running.signal),
  ];
  const http = createHttpServer({
    handler: apiServer.handler,
    serving: pki.apiserver,
    clientCa: clientCaOf(pki),
    metrics,
    clock,
    log,
  });
  try {
    const port = await listen(http, options);
    await registry.ready;
    await customResources.ready;
    progress.isLoaded = true;
    const user = { name: 'system:apiserver', groups: ['system:masters'] };
    const transport = apiServer.transportAs(user);
    const client = createClient(transport, { userAgent: 'kube-apiserver' });
    const flows = createFlows({ registry, transport, clock, log });
    const ranges = createRanges({ registry, client, range: facts.serviceClusterIPRange, portKeys, clock, log });
    const shared = etcd && store;
    const endpointsOptions = { store: shared, registry, client, facts: certificates.facts, clock, log };
    const servers = shared && createServerLeases(shared, facts.advertiseAddress);
    const ensureObjects = async () => {
      const serverAddresses = await servers?.refresh(signal);
      const others = serverAddresses === undefined ? {} : { serverAddresses };
      await bootstrapCluster(certificates, registry, client, log, others, signal);
    };
    await Promise.all([ensureObjects(), flows.ensure(signal), ranges.ensure(signal)]);
    const endpoints = runEndpoints(endpointsOptions, AbortSignal.any([running.signal, leaving.signal]));
    work.push(endpoints);
    leave = async () => {
      leaving.abort();
      await endpoints;
      await leaveEndpoints(endpointsOptions, AbortSignal.timeout(graceMs));
    };
    work.push(ranges.run(running.signal));
    work.push(flows.run(running.signal));
    work.push(apiServer.availability.run(client, running.signal));
    work.push(runRegistration({ registry, client, clock, log }, running.signal));
    progress.isBootstrapped = true;
    progress.bootstrapped.resolve();
    log.info('Started server', { port, tookMs: clock.now() - fromMs });
    onReady?.(port);
    if (!options.apiOnly) {
      const about = { apiServer, certificates, ...electionOf(options), ...extras, clock, log };
      components = runComponents(about, componentsEnd.signal);
      components.catch((error) => log.error('Scheduler or controllers ended', { err: error }));
    }
    certificates.onChange(() => {
      http.reload(certificates.current().apiserver, clientCaOf(certificates.current()));
      const etcdCa = certificates.current().etcd?.ca.cert;
      if (etcdCa !== undefined) member?.trust(etcdCa);
      void ensureObjects().catch(() => {}); // only an end is an error here: what fails is logged there
    });
    work.push(certificates.run(running.signal));
    await Promise.race([aborted(signal), member?.failed ?? aborted(signal)]);
  } finally {
    log.info('Stopping server');
    progress.isStopping = true;
    componentsEnd.abort();
    await Promise.allSettled([components, leave?.()]);
    await http.close(graceMs);
    running.abort();
    await Promise.allSettled(work);
    await store.close();
    log.info('Stopped server');
  }
}

const graceMs = 3000;

function electionOf({ leaderElect, electionTimes }: ServerOptions): Pick<ComponentsOptions, 'election'> {
  if (!leaderElect) return {};
  return { election: electionTimes === undefined ? {} : { times: electionTimes } };
}

/** Read before anything else is done: a server with a mistake in it does not start. */
async function schedulerOf({ schedulerConfig }: ServerOptions): Promise<Pick<ComponentsOptions, 'scheduler'>> {
  if (schedulerConfig === undefined) return {};
  const { loadSchedulerConfiguration } = await import('./scheduler/config/load.ts');
  return { scheduler: await loadSchedulerConfiguration(schedulerConfig) };
}

async function cloudOf({ cloud }: ServerOptions): Promise<Pick<ComponentsOptions, 'cloud'>> {
  if (cloud === undefined) return {};
  const { openProvider } = await import('./cloud/main.ts');
  return { cloud: await openProvider(cloud) };
}

async function listen(http: HttpServer, { bindAddress, securePort, listenFds = [] }: ServerOptions): Promise<number> {
  const port = await http.listen({ host: bindAddress, port: securePort });
  for (const fd of listenFds) await http.listen({ fd });
  return port;
}

function bootstrapCluster(
  certificates: Certificates,
  registry: Registry,
  client: Client,
  log: Log,
  others: Pick<EndpointFacts, 'serverAddresses'>,
  signal: AbortSignal,
): Promise<void> {
  const [facts, pki] = [certificates.facts(), certificates.current()];
  const { advertiseAddress, securePort, serviceAddress, dnsAddress } = facts;
  const known = {
    advertiseAddress,
    securePort,
    serviceAddress,
    dnsAddress,
    clientCa: pki.ca.cert,
    joining: joiningOf(facts),
    ...others,
  };
  return bootstrap({ registry, client, facts: { ...known, frontProxyCa: pki.frontProxyCa.cert }, log }, signal);
}

function joiningOf({ endpoint, clusterCIDR, serviceClusterIPRange, dnsAddress, clusterDomain, tokens }: ServerFacts) {
  const settings = { clusterCIDR, serviceClusterIPRange, clusterDNS: dnsAddress, clusterDomain };
  return { server: endpoint, settings, tokens };
}

/** How far the start has come, for /readyz. */
class Progress {
  isLoaded = false;
  isBootstrapped = false;
  isStopping = false;
  readonly bootstrapped = Promise.withResolvers<void>();
  readonly #storeProblem: () => string | undefined;

  constructor(storeProblem: () => string | undefined) {
    this.#storeProblem = storeProblem;
  }

  readonly checks: readonly HealthCheck[] = [
    { name: 'ping', problem: () => undefined },
    { name: 'log', problem: () => undefined },
    { name: 'etcd', problem: () => this.#storeProblem() },
    { name: 'etcd-readiness', problem: () => this.#storeProblem(), isReadinessOnly: true },
    { name: 'informer-sync', problem: () => unless(this.isLoaded), isReadinessOnly: true },
    { name: 'poststarthook/rbac/bootstrap-roles', problem: () => unless(this.isBootstrapped), isReadinessOnly: true },
    {
      name: 'shutdown',
      problem: () => (this.isStopping ? 'process is shutting down' : undefined),
      isReadinessOnly: true,
    },
  ];
}

function unless(isDone: boolean): string | undefined {
  return isDone ? undefined : 'not finished';
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
