import type { SubresourceFacts } from '#lib/api/facts.ts';
import type { GroupVersionKind, Naming, Operation, PathOperations } from './operation.ts';
import { optionParameters, type Parameter, pathParameter } from './parameters.ts';

/** Paths of subresources that are no objects: log, exec, attach, portforward and the proxies. */
export function connectOperations(
  subresource: SubresourceFacts,
  { api, name, tag, kind, owner }: Naming & { readonly kind: GroupVersionKind; readonly owner: string },
  path: string,
  parameters: readonly Parameter[],
): readonly PathOperations[] {
  if (subresource.name === 'log') {
    const operation: Operation = {
      method: 'get',
      action: 'get',
      operationId: `read${api}${name}`,
      description: `read log of the specified ${owner}`,
      tag,
      kind,
      parameters: optionParameters('io.k8s.api.core.v1.PodLogOptions'),
      answer: { text: true },
      codes: [200],
    };
    return [{ path, parameters, operations: [operation] }];
  }
  const all = [
    ...parameters.filter((parameter) => parameter.name !== 'pretty'),
    ...optionParameters(`io.k8s.api.core.v1.${subresource.kind}`),
  ];
  const connect = (suffix: string): readonly Operation[] =>
    methodsOf(subresource).map((method) => ({
      method,
      action: 'connect',
      operationId: `connect${api}${method.charAt(0).toUpperCase()}${method.slice(1)}${name}${suffix}`,
      description: `connect ${method.toUpperCase()} requests to ${subresource.name} of ${owner}`,
      tag,
      kind,
      parameters: [],
      answer: { text: true },
      codes: [200],
    }));
  const paths = [{ path, parameters: all, operations: connect('') }];
  if (subresource.name !== 'proxy') return paths;
  const below = [...all, pathParameter('path', 'Path of the request to the proxied server.')];
  return [...paths, { path: `${path}/{path}`, parameters: below, operations: connect('WithPath') }];
}

/** A proxy takes any method; the others connect by GET (WebSocket) or POST (SPDY). */
function methodsOf({ name }: SubresourceFacts): readonly Operation['method'][] {
  return name === 'proxy' ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] : ['get', 'post'];
}
