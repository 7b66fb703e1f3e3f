// `proxy` below pods, Services and nodes: any request, to what the object stands for.
import { nodes, pods, services } from '#lib/api/resources.ts';
import { badRequest, failure, notFound } from '#lib/api/status.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import type { VirtualResource } from '../routes/resources.ts';
import { endpointOf } from './endpoint.ts';
import { forward } from './forward.ts';
import { relocated, rewriteLinks } from './html.ts';
import { type KubeletOptions, kubeletOf } from './kubelet.ts';
import { parseProxyName, refuseUnproxyable, type Target } from './target.ts';

/** `pods/proxy`: the pod's own address. */
export function podProxy({ registry }: KubeletOptions): VirtualResource {
  return (call) => {
    const { scheme, name, port } = parseProxyName(call.info.name);
    const pod = registry.reader(pods).get(`${call.info.namespace}/${name}`);
    if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name);
    const host = pod.status?.podIP ?? '';
    if (host === '') throw failure('ServiceUnavailable', `address not available for pod ${JSON.stringify(name)}`);
    const named = (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
    const chosen =
      port === '' ? named[0]?.containerPort : (named.find((one) => one.name === port)?.containerPort ?? port);
    return proxy(call, targetOf(scheme, host, chosen));
  };
}

/** `services/proxy`: one of the ready endpoints, by name or number of a port of the Service. */
export function serviceProxy({ registry }: KubeletOptions): VirtualResource {
  return (call) => {
    const { scheme, name, port } = parseProxyName(call.info.name);
    const { namespace } = call.info;
    const service = registry.reader(services).get(`${namespace}/${name}`);
    if (service === undefined) throw notFound({ group: '', resource: 'services' }, name);
    const { host, port: number } = endpointOf(service, port, registry);
    return proxy(call, targetOf(scheme, host, number));
  };
}

/** `nodes/proxy`: the kubelet, or another port of the node. */
export function nodeProxy(options: KubeletOptions): VirtualResource {
  return (call) => {
    const { scheme, name, port } = parseProxyName(call.info.name);
    if (options.registry.reader(nodes).get(name) === undefined) throw notFound({ group: '', resource: 'nodes' }, name);
    const kubelet = kubeletOf(name, options);
    return proxy(call, port === '' || Number(port) === kubelet.port ? kubelet : targetOf(scheme, kubelet.host, port));
  };
}

function targetOf(scheme: string, host: string, port: string | number | undefined): Target {
  refuseUnproxyable(host);
  const number = Number(port ?? (scheme === 'https' ? 443 : 80));
  if (!(Number.isInteger(number) && number > 0 && number < 65_536)) {
    throw badRequest(`invalid port ${JSON.stringify(port)}`);
  }
  return { host, port: number, ...(scheme === 'https' ? { tls: {} } : {}) };
}

async function proxy({ request, info }: Call, target: Target): Promise<ApiResponse> {
  const text = request.query.toString();
  const query = text === '' ? '' : `?${text}`;
  if (info.rest === '' && (request.method === 'GET' || request.method === 'HEAD') && request.upgrade === undefined) {
    return { status: 301, headers: { location: `${request.path}/${query}` }, body: '' };
  }
  const base = request.path.slice(0, request.path.length - info.rest.length);
  const response = await forward(request, {
    target,
    path: `${info.rest === '' ? '/' : info.rest}${query}`,
    extraHeaders: {
      'x-forwarded-uri': request.path,
      'x-forwarded-proto': 'https',
      ...(request.headers['host'] === undefined ? {} : { 'x-forwarded-host': request.headers['host'] }),
      ...(request.remoteAddress === undefined ? {} : { 'x-forwarded-for': request.remoteAddress }),
    },
  });
  if (response.status === 101) return response;
  const facts = { base, host: target.host, port: target.port };
  const location = response.headers['location'];
  const headers =
    location === undefined ? response.headers : { ...response.headers, location: relocated(location, facts) };
  const isPage = headers['content-type']?.startsWith('text/html') && headers['content-encoding'] === undefined;
  if (!isPage || response.body === undefined) return { ...response, headers };
  const { 'content-length': _, ...rest } = headers; // it changes with the links
  return { ...response, headers: rest, body: rewriteLinks(await readPage(response.body), facts) };
}

/** @throws {StatusError} ServiceUnavailable for a page that is too large to be rewritten */
async function readPage(body: NonNullable<ApiResponse['body']>): Promise<string> {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > mostPageBytes)
      throw failure('ServiceUnavailable', 'error trying to reach service: the page is too large');
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString();
}
const mostPageBytes = 16 * 1024 * 1024;
