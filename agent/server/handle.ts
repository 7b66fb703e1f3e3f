import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { badRequest, failure } from '#lib/api/status.ts';
import { assertNever } from '#lib/errors.ts';
import { flagz, type Page, statusz } from '#lib/zpages.ts';
import { containerLimits } from '../cgroups/limits.ts';
import type { KernelStats } from '../cgroups/stats.ts';
import { podUidLabel } from '../pods/annotations.ts';
import { containerNamed } from '../pods/containers.ts';
import { podLogDirectory } from '../pods/paths.ts';
import { kubeletVersion } from '../version.ts';
import { claimNameOf } from '../volumes/claim.ts';
import { checkpoint } from './checkpoint.ts';
import { usedBelow } from './files.ts';
import { findContainers, findPod } from './find.ts';
import { containerLogs } from './logs.ts';
import type { KubeletServerOptions } from './options.ts';
import { type Route, shownPaths } from './routes.ts';
import { upgradeRequired } from './streams.ts';
import { summaryOf } from './summary.ts';
import { openSystemLog } from './system-logs.ts';
import type { Usage } from './usage.ts';
import { cadvisorMetrics, resourceMetrics, volumeMetrics } from './usage-metrics.ts';
import type { VolumeUsage, VolumeUsages } from './volume-usage.ts';

export interface Handling extends KubeletServerOptions {
  readonly usage: (signal: AbortSignal) => Promise<Usage>;
  readonly volumes: VolumeUsages;
}

/** Answers a request that keeps to HTTP. @throws {StatusError} before anything was sent */
export async function handle(
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  options: Handling,
  signal: AbortSignal,
): Promise<void> {
  const { to } = route;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (to === 'checkpoint' ? request.method !== 'POST' : to !== 'run' && !isRead && !isStream(route)) {
    response.setHeader('allow', to === 'checkpoint' ? 'POST' : 'GET');
    throw failure('MethodNotAllowed', 'Method Not Allowed');
  }
  switch (to) {
    case 'logs': {
      const log = await containerLogs(route.pod, route.container, query, options, signal);
      return await sendStream(response, log, signal);
    }
    case 'exec':
    case 'attach':
    case 'portForward':
      return upgradeRequired();
    case 'run':
      return await runCommand(route.pod, route.container, query, response, options, signal);
    case 'checkpoint':
      return sendJson(response, { items: [await checkpoint(route.pod, route.container, query, options, signal)] });
    case 'systemLogs':
      return await sendSystemLog(response, route.path, options, signal);
    case 'healthz':
      return send(response, 'text/plain; charset=utf-8', 'ok');
    case 'pods':
      return sendJson(response, podList([...options.pods.list()]));
    case 'runningPods':
      return sendJson(response, podList(await runningPods(options, signal)));
    case 'summary':
      return sendJson(response, await summary(options, signal));
    case 'metrics':
      return send(response, metricsType, `${options.metrics.render()}${await claimMetrics(options, signal)}`);
    case 'resourceMetrics':
      return send(response, metricsType, resourceMetrics(await options.usage(signal)));
    case 'cadvisorMetrics':
      return send(response, metricsType, await containerMetrics(options, signal));
    case 'probeMetrics':
      return send(response, metricsType, options.probeMetrics?.() ?? '');
    case 'config':
      return sendJson(response, { kubeletconfig: options.config ?? {} });
    case 'statusz': {
      const { clock } = options;
      const facts = { startedAtMs: performance.timeOrigin, nowMs: clock.now(), version: kubeletVersion };
      return sendPage(response, statusz(request.headers.accept, { component, ...facts, paths: shownPaths() }));
    }
    case 'flagz':
      return sendPage(response, flagz(request.headers.accept, component, options.flags ?? {}));
    default:
      assertNever(to, 'route');
  }
}
const component = 'kubelet';
const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

function sendPage(response: ServerResponse, { type, body }: Page): void {
  send(response, type, body);
}

function isStream({ to }: Route): boolean {
  return to === 'exec' || to === 'attach' || to === 'portForward';
}

/** The head goes out at once: who follows a silent log sees that it is there. */
async function sendStream(response: ServerResponse, pieces: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  response.setHeader('content-type', 'text/plain');
  response.flushHeaders();
  await pipeline(Readable.from(pieces, { objectMode: false }), response, { signal });
}

async function summary(options: Handling, signal: AbortSignal): Promise<unknown> {
  const usage = await options.usage(signal);
  const containersOf = new Map(usage.pods.map(({ uid, containers }) => [uid, containers]));
  const volumes = new Map<string, readonly VolumeUsage[]>();
  const logs = new Map<string, Awaited<ReturnType<typeof usedBelow>>>();
  for (const pod of options.pods.list()) {
    const { uid = '' } = pod.metadata;
    volumes.set(uid, await options.volumes.of(pod, 'all', signal));
    for (const { id, name } of containersOf.get(uid) ?? []) {
      const used = await usedBelow(`${podLogDirectory(pod, options.podLogsDir)}/${name}`).catch(() => undefined);
      if (used !== undefined) logs.set(id, used);
    }
  }
  options.volumes.keepOnly(new Set(volumes.keys()));
  return summaryOf(options.nodeName, usage, { volumes, logs });
}

async function claimMetrics({ pods, volumes }: Handling, signal: AbortSignal): Promise<string> {
  const withClaims = [...pods.list()].filter((pod) => pod.spec.volumes?.some((one) => claimNameOf(pod, one)));
  return volumeMetrics((await Promise.all(withClaims.map((pod) => volumes.of(pod, 'claims', signal)))).flat());
}

async function containerMetrics(options: Handling, signal: AbortSignal): Promise<string> {
  const usage = await options.usage(signal);
  const byUid = new Map([...options.pods.list()].map((pod) => [pod.metadata.uid, pod]));
  const counted = new Map<string, KernelStats>();
  for (const { uid, containers } of usage.pods) {
    const pod = byUid.get(uid);
    if (pod === undefined) continue;
    for (const { id } of containers) {
      const stats = await options.cgroups?.statsOf(pod, id);
      if (stats !== undefined) counted.set(id, stats);
    }
  }
  return cadvisorMetrics(usage, limitsIn(options), counted);
}

function limitsIn({ pods }: Handling) {
  const byUid = new Map([...pods.list()].map((pod) => [pod.metadata.uid, pod]));
  return (podUid: string, name: string) => {
    const pod = byUid.get(podUid);
    const found = pod && containerNamed(pod, name);
    return found && containerLimits(found.container, pod.spec.resources);
  };
}

async function sendSystemLog(
  response: ServerResponse,
  path: string,
  { hasSystemLogs = true }: Handling,
  signal: AbortSignal,
): Promise<void> {
  if (!hasSystemLogs) throw failure('MethodNotAllowed', 'logs endpoint is disabled.');
  const found = await openSystemLog(path);
  if (found.is === 'folder') return send(response, 'text/html; charset=utf-8', found.page);
  if (found.is === 'elsewhere') {
    response.writeHead(301, { location: found.location }).end();
    return;
  }
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  await pipeline(found.file.createReadStream(), response, { signal });
}

async function runCommand(
  podName: Parameters<typeof findPod>[0],
  container: string,
  query: URLSearchParams,
  response: ServerResponse,
  options: Handling,
  signal: AbortSignal,
): Promise<void> {
  const command = (query.get('cmd') ?? '').split(' ').filter((word) => word !== '');
  if (command.length === 0) throw badRequest('no command: say one by ?cmd=');
  const [newest] = await findContainers(findPod(podName, options), container, options, signal);
  if (newest === undefined) throw failure('InternalError', `container not found ("${container}")`);
  const { stdout, stderr } = await options.runtime.execSync(newest.id, command, runSeconds, signal);
  send(response, 'text/plain', Buffer.concat([stdout, stderr]));
}
const runSeconds = 0;

async function runningPods({ runtime, pods }: Handling, signal: AbortSignal) {
  const containers = await runtime.listContainers({}, signal);
  const uids = new Set(containers.filter(({ state }) => state === 'running').map(({ labels }) => labels[podUidLabel]));
  return [...pods.list()].filter(({ metadata }) => uids.has(metadata.uid));
}

function podList(items: readonly unknown[]): unknown {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
}

function sendJson(response: ServerResponse, body: unknown): void {
  send(response, 'application/json', JSON.stringify(body));
}

function send(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.setHeader('content-type', type);
  response.end(body);
}
