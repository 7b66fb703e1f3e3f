import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { Call } from '../handler.ts';
import type { VirtualResource } from '../routes/resources.ts';
import type { Admission, Attributes } from './admission.ts';

/** Lets admission judge a request that reaches through to a node or a pod, before it does. */
export function admitConnect(admission: Admission, kind: string, connect: VirtualResource): VirtualResource {
  return async (call) => {
    const attributes = attributesOf(call, kind);
    await admission.mutate(attributes, call.request.signal);
    await admission.validate(attributes, call.request.signal);
    return connect(call);
  };
}

function attributesOf({ info, user, request }: Call, kind: string): Attributes {
  const { group, version, resource, subresource, namespace, name } = info;
  return {
    operation: 'CONNECT',
    group,
    version,
    kind,
    resource,
    subresource,
    namespace,
    name,
    user,
    object: optionsOf(kind, request.query),
    isDryRun: false,
    warn() {}, // an answer that becomes a stream carries none
  };
}

/** The query as the object of options that it stands for. */
function optionsOf(kind: string, query: URLSearchParams): ApiObject {
  const options: Record<string, unknown> = { kind, apiVersion: 'v1' };
  for (const key of new Set(query.keys())) {
    const values = query.getAll(key);
    if (flags.has(key)) options[key] = /^(1|true|t)$/i.test(values[0] ?? '');
    else if (key === 'command') options[key] = values;
    else if (key === 'ports') options[key] = values.flatMap((value) => value.split(',').map(Number));
    else options[key] = values[0];
  }
  return options as unknown as ApiObject;
}
const flags: ReadonlySet<string> = new Set(['stdin', 'stdout', 'stderr', 'tty']);
