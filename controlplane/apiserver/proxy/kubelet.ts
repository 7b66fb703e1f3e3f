// What the kubelet answers for its pods: logs, exec, attach, port-forward.

import { forbiddenField, notSupported } from '#lib/api/field-errors.ts';
import { nodes, pods } from '#lib/api/resources.ts';
import { badRequest, failure, invalid, notFound, type StatusError } from '#lib/api/status.ts';
import type { Container, Node, Pod } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import type { KeyPair } from '#lib/pki/certificate.ts';
import type { Authorize } from '../authorization/attributes.ts';
import type { ApiResponse } from '../exchange.ts';
import { attributesOf, type Call } from '../handler.ts';
import type { Registry } from '../registry/registry.ts';
import type { VirtualResource } from '../routes/resources.ts';
import { forward } from './forward.ts';
import { sendByWebSocket } from './log-socket.ts';
import type { Target } from './target.ts';

export interface KubeletOptions {
  readonly registry: Pick<Registry, 'reader'>;
  readonly authorize: Authorize;
  /** PEM: kubelets must show a certificate that it signed. */
  ca(): string;
  /** By which we are known to kubelets. */
  client(): KeyPair;
}

/** Where a node's kubelet listens. @throws {StatusError} NotFound, or ServiceUnavailable if it has no address */
export function kubeletOf(node: string, { registry, ca, client }: KubeletOptions): Target {
  const found = registry.reader(nodes).get(node);
  if (found === undefined) throw notFound({ group: '', resource: 'nodes' }, node);
  const host = addressOf(found);
  if (host === undefined) throw failure('ServiceUnavailable', `no preferred addresses found; known addresses: []`);
  const port = found.status?.daemonEndpoints?.kubeletEndpoint?.Port || 10250;
  return { host, port, tls: { ca: ca(), client: client() } };
}

function addressOf({ status }: Node): string | undefined {
  const addresses = status?.addresses ?? [];
  for (const type of ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS']) {
    const found = addresses.find((one) => one.type === type);
    if (found !== undefined) return found.address;
  }
  return undefined;
}

/** `pods/log`. */
export function podLog(options: KubeletOptions): VirtualResource {
  return async (call) => {
    const { namespace, name } = call.info;
    const { query } = call.request;
    checkLogOptions(name, query);
    const pod = podOf(call, options);
    const container = containerOf(pod, query.get('container') ?? '');
    if (!pod.spec?.nodeName) return { status: 204, headers: {} }; // there is no log yet
    const asked = new URLSearchParams();
    for (const key of logKeys) for (const value of query.getAll(key)) asked.append(key, value);
    const target = kubeletOf(pod.spec.nodeName, options);
    const path = `/containerLogs/${namespace}/${name}/${container}${asked.size === 0 ? '' : `?${asked}`}`;
    const { upgrade, ...plain } = call.request;
    const answer = await forward(plain, { target, path, method: 'GET' });
    if (answer.status >= 400) throw await refusal(answer, call);
    if (upgrade !== undefined) {
      return await sendByWebSocket(call.request, answer.body as AsyncIterable<Uint8Array>);
    }
    return { ...answer, headers: { 'content-type': 'text/plain', ...contentLength(answer) } };
  };
}

const logKeys = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes', 'stream'];

function contentLength({ headers }: ApiResponse): Readonly<Record<string, string>> {
  const length = headers['content-length'];
  return length === undefined ? {} : { 'content-length': length };
}

/** What the kubelet said, as the API server says it. */
async function refusal({ status, body }: ApiResponse, { info }: Call): Promise<StatusError> {
  let text = '';
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    text += Buffer.from(piece).toString();
    if (text.length > 2048) break;
  }
  const message = text.slice(0, 2048).trim();
  if (status === 400) return badRequest(message);
  if (status === 500) return failure('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
  const details = { name: info.name, kind: info.resource };
  if (status === 404)
    return failure('NotFound', `the server could not find the requested resource ( pods/log ${info.name})`, details);
  return failure('InternalError', message, details);
}

/** `pods/exec` and `pods/attach`. */
export function podStream(what: 'exec' | 'attach', options: KubeletOptions): VirtualResource {
  return async (call) => {
    alsoCreate(call, options);
    const { namespace, name } = call.info;
    const { query } = call.request;
    const isOn = (key: string) => /^(1|true|t)$/i.test(query.get(key) ?? '');
    if (!['stdin', 'stdout', 'stderr'].some(isOn)) {
      throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
    }
    if (isOn('tty') && isOn('stderr')) query.delete('stderr'); // a terminal has one output
    if (what === 'exec' && query.getAll('command').length === 0)
      throw badRequest('you must specify at least one command for the container');
    const pod = podOf(call, options);
    const container = containerOf(pod, query.get('container') ?? '');
    const asked = new URLSearchParams();
    for (const [ours, theirs] of [
      ['stdin', 'input'],
      ['stdout', 'output'],
      ['stderr', 'error'],
      ['tty', 'tty'],
    ] as const) {
      if (isOn(ours)) asked.set(theirs, '1');
    }
    if (what === 'exec') for (const word of query.getAll('command')) asked.append('command', word);
    return stream(call, pod, `/${what}/${namespace}/${name}/${container}?${asked}`, options);
  };
}

/** `pods/portforward`. */
export function podPortForward(options: KubeletOptions): VirtualResource {
  return async (call) => {
    alsoCreate(call, options);
    const { namespace, name } = call.info;
    const pod = podOf(call, options);
    const asked = new URLSearchParams();
    for (const ports of call.request.query.getAll('ports'))
      for (const port of ports.split(',')) asked.append('port', port);
    return stream(call, pod, `/portForward/${namespace}/${name}${asked.size === 0 ? '' : `?${asked}`}`, options);
  };
}

async function stream(call: Call, pod: Pod, path: string, options: KubeletOptions): Promise<ApiResponse> {
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  if (call.request.upgrade === undefined) throw badRequest('Upgrade request required');
  const answer = await forward(call.request, { target: kubeletOf(pod.spec.nodeName, options), path });
  if (answer.status >= 400) throw await refusal(answer, call);
  return answer;
}

/** A WebSocket begins with GET, but runs programs like POST: who may only read must not. Rule: as upstream since 1.35. */
function alsoCreate({ user, info, request }: Call, { authorize }: KubeletOptions): void {
  if (info.verb !== 'get') return;
  const attributes = { user, ...attributesOf(info, request.query), verb: 'create' };
  if (authorize(attributes).isAllowed) return;
  const why = `User ${JSON.stringify(user.name)} cannot create resource "pods/${info.subresource}" in API group "" in the namespace ${JSON.stringify(info.namespace)}`;
  throw failure('Forbidden', `pods ${JSON.stringify(info.name)} is forbidden: ${why}`, {
    name: info.name,
    kind: 'pods',
  });
}

function podOf({ info: { namespace, name } }: Call, { registry }: KubeletOptions): Pod {
  const pod = registry.reader(pods).get(`${namespace}/${name}`);
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, name);
  return pod;
}

/** The container asked for, or the only one. @throws {StatusError} BadRequest */
function containerOf({ metadata, spec }: Pod, asked: string): string {
  const app = namesOf(spec?.containers);
  const [init, ephemeral] = [namesOf(spec?.initContainers), namesOf(spec?.ephemeralContainers)];
  if (asked !== '') {
    if ([...app, ...init, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (app.length === 1) return app[0]!;
  if (app.length === 0) throw badRequest(`a container name must be specified for pod ${metadata.name}`);
  const others = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${app.join(' ')}]${others}`,
  );
}

function namesOf(containers: readonly Pick<Container, 'name'>[] | undefined): readonly string[] {
  return (containers ?? []).map(({ name }) => name);
}

const logStreams = ['All', 'Stderr', 'Stdout'];

/** @throws {StatusError} Invalid. Rule: core validation, PodLogOptions */
function checkLogOptions(name: string, query: URLSearchParams): void {
  const causes: StatusCause[] = [];
  const refuse = (field: string, message: string) => causes.push({ reason: 'FieldValueInvalid', message, field });
  for (const [field, least] of [
    ['tailLines', 0],
    ['sinceSeconds', 1],
    ['limitBytes', 1],
  ] as const) {
    const text = query.get(field);
    if (text === null) continue;
    if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    if (Number(text) >= least) continue;
    refuse(field, `Invalid value: ${text}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}`);
  }
  if (query.has('sinceSeconds') && query.has('sinceTime')) {
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
      field: '',
    });
  }
  const stream = query.get('stream') ?? 'All';
  if (!logStreams.includes(stream)) causes.push(notSupported('stream', stream, logStreams));
  if (stream !== 'All' && query.has('tailLines')) {
    causes.push(forbiddenField('', '`tailLines` and specific `stream` are mutually exclusive for now'));
  }
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, causes);
}
