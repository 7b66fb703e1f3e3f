// Which request means what, and what one must be allowed to for it. Pure.

export type Route =
  | { readonly to: 'logs'; readonly pod: PodName; readonly container: string }
  | { readonly to: 'run' | 'checkpoint'; readonly pod: PodName; readonly container: string }
  | StreamRoute
  /** Below /var/log. */
  | { readonly to: 'systemLogs'; readonly path: string }
  | { readonly to: Plain };

export type StreamRoute =
  | { readonly to: 'exec' | 'attach'; readonly pod: PodName; readonly container: string }
  | { readonly to: 'portForward'; readonly pod: PodName };

export type Plain =
  | 'healthz'
  | 'pods'
  | 'runningPods'
  | 'summary'
  | 'metrics'
  | 'cadvisorMetrics'
  | 'resourceMetrics'
  | 'probeMetrics'
  | 'config'
  | 'statusz'
  | 'flagz';

export interface PodName {
  readonly namespace: string;
  readonly name: string;
  /** Empty unless given. */
  readonly uid: string;
}

/** The first part of every path there is, sorted. */
export function shownPaths(): readonly string[] {
  const firsts = [
    ...Object.keys(plain),
    ...Object.keys(perContainer).map((name) => `/${name}`),
    '/logs',
    '/portForward',
  ];
  return [...new Set(firsts.map((path) => `/${path.split('/')[1]}`))].sort();
}

/** `undefined`: there is no such path. Rule: the kubelet's paths, with and without the pod's uid. */
export function routeOf(path: string): Route | undefined {
  const known = plain[path.length > 1 ? path.replace(/\/$/, '') : path];
  if (known !== undefined) return { to: known };
  if (path.startsWith('/logs/')) {
    const below = decoded(path.slice('/logs/'.length));
    return below === undefined ? undefined : { to: 'systemLogs', path: below };
  }
  const [what = '', ...segments] = path.slice(1).split('/').map(decoded);
  if (segments.some((segment) => segment === undefined || segment === '')) return undefined;
  const [namespace = '', name = '', third, fourth] = segments as readonly string[];
  if (what === 'portForward') {
    if (name === '' || segments.length > 3) return undefined;
    return { to: what, pod: { namespace, name, uid: third ?? '' } };
  }
  const to = perContainer[what];
  if (to === undefined || third === undefined || segments.length > 4) return undefined;
  if (to === 'checkpoint' && fourth !== undefined) return undefined;
  const uid = fourth === undefined ? '' : third;
  return { to, pod: { namespace, name, uid }, container: fourth ?? third };
}

/** Whether it looks into the machine or its containers: what `enableDebuggingHandlers: false` forbids. */
export function isDebugging({ to }: Route): boolean {
  return debugging.has(to);
}
const debugging: ReadonlySet<Route['to']> = new Set([
  'logs',
  'run',
  'exec',
  'attach',
  'portForward',
  'runningPods',
  'systemLogs',
]);

const plain: Readonly<Record<string, Plain>> = {
  '/healthz': 'healthz',
  '/pods': 'pods',
  '/runningpods': 'runningPods',
  '/stats/summary': 'summary',
  '/metrics': 'metrics',
  '/metrics/cadvisor': 'cadvisorMetrics',
  '/metrics/resource': 'resourceMetrics',
  '/metrics/probes': 'probeMetrics',
  '/configz': 'config',
  '/statusz': 'statusz',
  '/flagz': 'flagz',
};
const perContainer: Readonly<Record<string, 'logs' | 'exec' | 'attach' | 'run' | 'checkpoint'>> = {
  containerLogs: 'logs',
  exec: 'exec',
  attach: 'attach',
  run: 'run',
  checkpoint: 'checkpoint',
};

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

export interface Attributes {
  readonly verb: string;
  /** Subresources of the node; being allowed to one of them is enough. */
  readonly subresources: readonly string[];
}

/** Rule: "Kubelet authentication/authorization", with fine-grained subresources. */
export function attributesOf(method: string, path: string): Attributes {
  const isBelow = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  const verb = verbs[method] ?? '';
  for (const [folder, subresource] of own) if (isBelow(folder)) return { verb, subresources: [subresource] };
  for (const [folder, subresource] of fine) if (isBelow(folder)) return { verb, subresources: [subresource, 'proxy'] };
  return { verb, subresources: ['proxy'] };
}
const own = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
  ['/statusz', 'statusz'],
  ['/flagz', 'configz'],
] as const;
const fine = [
  ['/healthz', 'healthz'],
  ['/pods', 'pods'],
  ['/runningpods', 'pods'],
  ['/configz', 'configz'],
] as const;
const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
