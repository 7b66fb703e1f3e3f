// The way of every request: authenticate > impersonate > authorize > route. What goes wrong becomes a Status.
import { randomUUID } from 'node:crypto';
import { badRequest, failure, StatusError } from '#lib/api/status.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { type Authenticate, authenticated, bearerToken } from './authentication/authenticate.ts';
import { impersonationOf } from './authentication/impersonate.ts';
import type { AuthenticateLate } from './authentication/webhook.ts';
import { type Attributes, type Authorize, type Decision, describeDenied } from './authorization/attributes.ts';
import type { AuthorizeLate } from './authorization/webhook.ts';
import { type ApiRequest, type ApiResponse, type Handler, isWhole, type UserInfo } from './exchange.ts';
import type { CountedFlow, FindFlow } from './flowcontrol/flow-control.ts';
import { type AnswerForm, negotiate, plainForm } from './http/negotiate.ts';
import { wantsPretty } from './http/pretty.ts';
import { answerStatus, statusOf } from './http/reply.ts';
import { parseRequestInfo, type RequestInfo } from './http/request-info.ts';
import type { RequestMetrics } from './http/request-metrics.ts';

/** An authorized request. */
export interface Call {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly user: UserInfo;
}

/** What takes its time. */
export interface Late {
  readonly authenticate?: AuthenticateLate | undefined;
  readonly authorize?: AuthorizeLate | undefined;
  readonly audiences: readonly string[];
}

export interface HandlerOptions {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  route(call: Call): Promise<ApiResponse>;
  /** Settles when it is known who may do what: requests from outside wait for it, but those for health. */
  readonly ready: Promise<void>;
  readonly metrics: RequestMetrics;
  readonly findFlow: FindFlow;
  /** Ask somebody outside, where nobody here says yes. */
  readonly late?: Late;
  readonly clock: Clock;
  readonly log: Log;
}

export function createHandler(options: HandlerOptions): Handler {
  const { authenticate, authorize, route, ready, metrics, findFlow, late, clock, log } = options;
  let isReady = false;
  void ready.then(() => (isReady = true));

  /** Undefined: who it is takes its time to be found out. @throws {StatusError} Unauthorized */
  function authenticateNow(request: ApiRequest): UserInfo | undefined {
    if (late?.authenticate === undefined || bearerToken(request) === undefined) return authenticate(request);
    try {
      return authenticate(request);
    } catch {
      return undefined;
    }
  }

  /** @throws {StatusError} Forbidden, at once or late */
  function may(attributes: Attributes, request: ApiRequest): Promise<void> | undefined {
    if (late?.authorize === undefined) return allow(attributes, authorize(attributes));
    const decision = authorize(attributes);
    if (decision.isAllowed) return undefined;
    return late.authorize(attributes, request.signal).then((other) => {
      const reason = [decision.reason, other.reason].filter((text) => text !== '').join(', ');
      allow(attributes, { isAllowed: other.isAllowed, reason });
    });
  }

  /** `turn` is told to which flow the request belongs, allowed or not. */
  async function answer(request: ApiRequest, info: RequestInfo, turn: FlowTurn): Promise<ApiResponse> {
    if (!isReady && request.user === undefined && !isHealth(info)) await ready;
    const asker = authenticateNow(request) ?? (await authenticateLate(request, late));
    const other = impersonate(asker, request, may);
    const user = other === undefined ? asker : await other;
    const isOurOwn = request.user !== undefined;
    if (!isOurOwn && (info.verb === 'watch' || !isLongRunning(info))) begin(turn, findFlow(user, info));
    const waits = may({ user, ...attributesOf(info, request.query) }, request);
    if (waits !== undefined) await waits;
    return route({ request, info, user });
  }

  function begin(turn: FlowTurn, flow: CountedFlow | undefined): void {
    turn.flow = flow;
    turn.fromMs = clock.now();
    flow?.began();
  }

  return async (request) => {
    const fromMs = clock.now();
    let info: RequestInfo = { ...unread, verb: request.method.toLowerCase(), path: request.path };
    let response: ApiResponse;
    let end = () => {};
    const turn: FlowTurn = { flow: undefined, fromMs };
    try {
      info = parseRequestInfo(request.method, request.path, request.query);
      if (!request.path.startsWith('/')) throw badRequest('the path must begin with a slash');
      end = metrics.begin(info);
      response = await answer(request, info, turn);
    } catch (error) {
      const status = statusOf(error);
      if (status.reason === 'InternalError' && !request.signal.aborted) {
        log.error('Request failed', { method: request.method, path: request.path, err: error });
      }
      const refused = await answerStatus(status, formOf(request));
      const also = error instanceof StatusError ? error.headers : {};
      response = { ...refused, headers: { ...refused.headers, ...also } };
    }
    end();
    const nowMs = clock.now();
    turn.flow?.ended(info.verb === 'watch', nowMs - turn.fromMs);
    const answered = { info, query: request.query, headers: request.headers };
    metrics.count(answered, response, nowMs - fromMs);
    const isOver = isWhole(response.body) && request.upgrade === undefined;
    if (response.status < 300 && isLongRunning(info) && !isOver) metrics.stays(answered, request.signal);
    const headers = {
      'audit-id': randomUUID(),
      'cache-control': 'no-cache, private',
      ...turn.flow?.headers,
      ...response.headers,
    };
    return { ...response, headers };
  };
}

/** A request as one of its flow, since when. */
interface FlowTurn {
  flow: CountedFlow | undefined;
  fromMs: number;
}

function isLongRunning({ verb, isResource, subresource }: RequestInfo): boolean {
  return isResource && (verb === 'watch' || longRunning.has(subresource));
}
const longRunning = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

function isHealth({ isResource, path }: RequestInfo): boolean {
  return !isResource && /^\/(healthz|livez|readyz)(\/|$)/.test(path);
}

/** @throws {StatusError} Unauthorized */
async function authenticateLate(request: ApiRequest, late: Late | undefined): Promise<UserInfo> {
  const token = bearerToken(request) ?? '';
  const known = await late?.authenticate?.(token, late.audiences, request.signal);
  if (known === undefined) throw failure('Unauthorized', 'Unauthorized');
  return authenticated(known.user);
}

/** @throws {StatusError} Forbidden unless `user` may impersonate everything that is asked for */
function impersonate(
  user: UserInfo,
  request: ApiRequest,
  may: (attributes: Attributes, request: ApiRequest) => Promise<void> | undefined,
): Promise<UserInfo> | undefined {
  const wish = impersonationOf(request.headers);
  if (wish === undefined) return undefined;
  const { path } = request;
  return (async () => {
    for (const need of wish.needs) await may({ user, verb: 'impersonate', isResource: true, path, ...need }, request);
    return wish.as;
  })();
}

/** @throws {StatusError} Forbidden, in upstream's words */
function allow(attributes: Attributes, decision: Decision): undefined {
  if (decision.isAllowed) return undefined;
  const { isResource, group, resource, name } = attributes;
  const why = [describeDenied(attributes), decision.reason].filter((text) => text !== '').join(': ');
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const what = [qualified, name === '' ? '' : JSON.stringify(name)].filter((text) => text !== '').join(' ');
  if (!isResource) throw failure('Forbidden', `forbidden: ${why}`, {});
  const details = { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource };
  throw failure('Forbidden', `${what} is forbidden: ${why}`, details);
}

export function attributesOf(info: RequestInfo, query: URLSearchParams): Omit<Attributes, 'user'> {
  const { verb, isResource, path, group, version, resource, subresource, namespace, name } = info;
  const selector = name === '' ? query.get('fieldSelector') : null;
  return {
    verb,
    isResource,
    path,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    ...(selector === null ? {} : { fields: equalities(selector) }),
  };
}

/** The terms of a field selector that pin a field to one value. */
function equalities(selector: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const term of selector.split(',')) {
    const [, field, value] = /^([^=!]+)==?([^=]*)$/.exec(term) ?? [];
    if (field !== undefined && value !== undefined) found.set(field, value);
  }
  return found;
}

/** The form of errors: where no form can be agreed on, JSON. */
function formOf(request: ApiRequest): AnswerForm {
  const isPretty = wantsPretty(request.query, request.headers['user-agent']);
  try {
    return { ...negotiate(request.headers['accept']), as: 'object', isPretty };
  } catch {
    return { ...plainForm, isPretty };
  }
}

const unread: RequestInfo = {
  isResource: false,
  path: '',
  verb: '',
  group: '',
  version: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  rest: '',
};
