import type { KubeObject } from '#lib/api/resource.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { ParamKind, ParamRef } from '#lib/api/types/admissionregistration.v1.ts';
import { hasReason } from '#lib/errors.ts';
import type { Registry, ResourceStore } from '../../registry/registry.ts';

/** The objects that a binding gives its policy. @throws {Error} if there are none and must be, or the kind is unknown */
export async function findParams(
  registry: Registry,
  { apiVersion = '', kind = '' }: ParamKind,
  ref: ParamRef,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const store = storeOf(registry, apiVersion, kind);
  if (store === undefined)
    throw new Error(`failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`);
  const isNamespaced = store.facts.scope === 'Namespaced';
  const where = isNamespaced ? ref.namespace || namespace : undefined;
  if (where === '')
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  const found = await read(store, where, ref.name, signal);
  const chosen = ref.name ? found : found.filter(({ metadata }) => isSelectedBy(ref.selector ?? {}, metadata.labels));
  if (chosen.length > 0 || ref.parameterNotFoundAction === 'Allow') return chosen;
  throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
}

function storeOf(registry: Registry, apiVersion: string, kind: string): ResourceStore | undefined {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const isIt = (one: ResourceStore['facts']) => one.group === group && one.version === version && one.kind === kind;
  for (const store of registry.resources) if (isIt(store.facts)) return store;
  const custom = registry.extensions.resources.find(isIt);
  return custom && registry.resource(custom.group, custom.version, custom.plural);
}

/** As a client would: so any kind can be read, in any version. */
async function read(
  store: ResourceStore,
  namespace: string | undefined,
  name: string | undefined,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  try {
    const { body } = await store.serve({
      verb: name ? 'get' : 'list',
      user: { name: 'system:apiserver', groups: ['system:masters'] },
      namespace,
      name: name || undefined,
      query: new URLSearchParams({ resourceVersion: '0' }),
      body: new Uint8Array(0),
      contentType: 'application/json',
      form: { encoding: 'json', as: 'object', metaVersion: 'v1' },
      signal,
    });
    const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : await Array.fromAsync(body ?? []);
    const answer = JSON.parse(Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString());
    return name ? [answer] : (answer.items ?? []);
  } catch (error) {
    if (hasReason(error, 'NotFound')) return [];
    throw error;
  }
}
