// The API server put together: nothing here decides anything.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { builtInResources } from '#lib/api/discovery/served.ts';
import { countedTransport } from '#lib/client/counted-transport.ts';
import type { Transport } from '#lib/client/transport.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { ClusterPki } from '#lib/pki/cluster.ts';
import { addProcessMetrics } from '#lib/process-metrics.ts';
import { serversPath } from '../members/servers.ts';
import type { ServerFacts } from '../options.ts';
import { admitConnect } from './admission/connect.ts';
import { type Availability, createAvailability } from './aggregation/availability.ts';
import { withRemote } from './aggregation/catalog.ts';
import { createAggregationRoute } from './aggregation/route.ts';
import { createAuthenticator } from './authentication/authenticate.ts';
import { createBootstrapTokenVerifier } from './authentication/bootstrap-token.ts';
import { createJwt } from './authentication/jwt.ts';
import { countedAuthentication } from './authentication/metrics.ts';
import { createTokenVerifier } from './authentication/service-account-token.ts';
import { createTokenMetrics } from './authentication/token-metrics.ts';
import { allowAlways, anyOf } from './authorization/attributes.ts';
import { countedAuthorization, decisionsCounted } from './authorization/metrics.ts';
import { createNodeAuthorizer } from './authorization/node.ts';
import { createRbac, type Rbac } from './authorization/rbac.ts';
import { nodeRules } from './bootstrap/cluster-roles.ts';
import type { ApiRequest, ApiResponse, Handler, UserInfo } from './exchange.ts';
import { createFindFlow } from './flowcontrol/flow-control.ts';
import { createHandler, type Late } from './handler.ts';
import { createInProcessTransport } from './http/in-process.ts';
import { keyHash } from './http/peer.ts';
import { textAnswer } from './http/reply.ts';
import { createRequestMetrics, type KnownAs } from './http/request-metrics.ts';
import { podLog, podPortForward, podStream } from './proxy/kubelet.ts';
import { nodeProxy, podProxy, serviceProxy } from './proxy/proxy.ts';
import type { Registry } from './registry/registry.ts';
import { addStorageMetrics } from './registry/storage-metrics.ts';
import { accessReviews } from './reviews/access.ts';
import { identityReviews } from './reviews/identity.ts';
import { createCatalog } from './routes/catalog.ts';
import { componentStatus } from './routes/component-status.ts';
import { discoveryRoutes } from './routes/documents.ts';
import { answerHealth, type HealthCheck } from './routes/health.ts';
import { healthCounted } from './routes/health-metrics.ts';
import { issuerRoutes } from './routes/issuer.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { answerJson, createPathRoutes, type PathRoute } from './routes/paths.ts';
import { createResourceRoutes, type VirtualResource } from './routes/resources.ts';
import { versionInfo } from './routes/version.ts';
import { createTokenRequests } from './tokens/token-request.ts';

export interface ApiServerOptions {
  readonly facts: ServerFacts;
  readonly certificates: { current(): ClusterPki };
  readonly registry: Registry;
  /** All that is stored, piece by piece. */
  backup(signal: AbortSignal): AsyncIterable<string>;
  /** Answers what the servers of one control plane ask each other. */
  servers(request: ApiRequest): Promise<ApiResponse>;
  readonly health: readonly HealthCheck[];
  /** Settles when the roles that every cluster has are there. */
  readonly bootstrapped: Promise<void>;
  readonly anonymous?: 'everywhere' | 'nowhere' | undefined;
  /** Who is asked outside. */
  readonly outside?: Omit<Late, 'audiences'>;
  /** What `/metrics` shows. */
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ApiServer {
  readonly handler: Handler;
  readonly rbac: Rbac;
  readonly authorize: ReturnType<typeof anyOf>;
  readonly availability: Availability;
  /** What `/metrics` shows: the scheduler and the controllers of the same process add theirs. */
  readonly metrics: Metrics;
  /** A way in from the same process, as `user`. */
  transportAs(user: UserInfo): Transport;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { facts, certificates, registry, health, bootstrapped, backup, metrics, clock, log } = options;
  const { issuer } = facts;
  const audiences = [issuer];
  const late: Late = { ...options.outside, audiences };
  const pki = certificates.current;
  const jwt = createJwt(pki().serviceAccount);
  const verifyToken = createTokenVerifier({ jwt, issuer, registry, counts: createTokenMetrics(metrics) });
  const rbac = createRbac(registry);
  const authorize = anyOf(
    allowAlways,
    decisionsCounted('Node', createNodeAuthorizer(registry, nodeRules), metrics),
    decisionsCounted('RBAC', rbac.authorize, metrics),
  );
  const kubelet = { registry, authorize, ca: () => pki().ca.cert, client: () => pki().kubeletClient };

  const connected = (path: string, kind: string, connect: VirtualResource) =>
    [`/${path}`, admitConnect(registry.admission, kind, connect)] as const;

  const virtual = new Map<string, VirtualResource>([
    ['/componentstatuses', componentStatus],
    ...accessReviews({ authorize, late, rbac }),
    ...identityReviews({ verifyToken, late, audiences, clock }),
    ['/serviceaccounts/token', createTokenRequests({ registry, jwt, issuer, audiences, clock })],
    ['/pods/log', podLog(kubelet)],
    connected('pods/exec', 'PodExecOptions', podStream('exec', kubelet)),
    connected('pods/attach', 'PodAttachOptions', podStream('attach', kubelet)),
    connected('pods/portforward', 'PodPortForwardOptions', podPortForward(kubelet)),
    connected('pods/proxy', 'PodProxyOptions', podProxy(kubelet)),
    connected('services/proxy', 'ServiceProxyOptions', serviceProxy(kubelet)),
    connected('nodes/proxy', 'NodeProxyOptions', nodeProxy(kubelet)),
  ]);

  const catalog = createCatalog(registry);
  const remote = { registry, client: () => pki().frontProxyClient };
  const availability = createAvailability({ ...remote, metrics, clock, log });
  const answerRemote = createAggregationRoute(remote, availability);
  const whole = withRemote(catalog, availability, registry);
  const discovery = discoveryRoutes(`${facts.advertiseAddress}:${facts.securePort}`, whole);
  const version = versionInfo(ownVersion());
  addProcessMetrics(metrics, version.gitVersion);
  addStorageMetrics(metrics, registry);
  const routes = new Map<string, PathRoute>([
    ...discovery.routes,
    ...openApiRoutes(version.gitVersion, whole, registry, clock.now),
    ...issuerRoutes(issuer, `https://${facts.advertiseAddress}:${facts.securePort}/openid/v1/jwks`, jwt.keySet),
    ...['/healthz', '/livez', '/readyz'].flatMap((path) => {
      const checks = healthCounted(health, path.slice(1), metrics);
      const answer: PathRoute = (call) => answerHealth(call, checks);
      return [[path, answer] as const, [`${path}/`, answer] as const];
    }),
    ['/version', (call) => answerJson(call, version)],
    ['/version/', (call) => answerJson(call, version)],
    [
      backupPath,
      ({ request }) => ({
        status: 200,
        headers: { 'content-type': 'application/x-ndjson' },
        body: backup(request.signal),
      }),
    ],
    ['/metrics', () => ({ ...textAnswer(metrics.render()), headers: { 'content-type': metricsType } })],
  ]);

  const answerResource = createResourceRoutes({ registry, virtual, facts: builtInResources });
  const answerPath = createPathRoutes({
    routes,
    open: new Map([[serversPath, ({ request }) => options.servers(request)]]),
    paths: () => listedPaths([...routes.keys(), ...discovery.paths()]),
  });
  const authentication = countedAuthentication(
    {
      authenticate: createAuthenticator({
        verifyToken,
        verifyBootstrapToken: createBootstrapTokenVerifier(registry),
        requestHeader: {
          authority: keyHash(new X509Certificate(pki().frontProxyCa.cert)),
          allowedNames: ['front-proxy-client'],
        },
        audiences,
        anonymous: options.anonymous,
        clock,
      }),
      late: late.authenticate,
    },
    { metrics, clock },
  );
  const authorization = countedAuthorization({ authorize, late: late.authorize }, metrics);
  const handler = createHandler({
    authenticate: authentication.authenticate,
    authorize: authorization.authorize,
    route: (call) => answerRemote(call) ?? (call.info.isResource ? answerResource(call) : answerPath(call)),
    ready: bootstrapped,
    metrics: createRequestMetrics(metrics, knownAs(registry)),
    findFlow: createFindFlow(registry, metrics),
    late: { authenticate: authentication.late, authorize: authorization.late, audiences },
    clock,
    log,
  });
  return {
    handler,
    rbac,
    authorize,
    availability,
    metrics,
    transportAs: (user) => countedTransport(createInProcessTransport(handler, user), 'in-process', metrics),
  };
}

/** All that is stored, for who may get any path: for `skiff store backup`. */
const backupPath = '/skiff/backup';
const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** What `/` lists. */
function listedPaths(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].filter((path) => !path.endsWith('/') && path !== backupPath);
}

function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/** For labels of what clients ask for in vain: any text would be one otherwise. */
function knownAs(registry: Registry): KnownAs {
  return ({ group, version, resource, subresource }) => {
    const facts =
      registry.resource(group, version, resource)?.facts ??
      builtInResources.find((one) => one.plural === resource && one.group === group && one.version === version);
    if (facts === undefined) return 'unknown';
    if (subresource !== '' && !facts.subresources.some(({ name }) => name === subresource)) return 'unknown';
    return 'deprecated' in facts ? 'deprecated' : 'known';
  };
}
