import { copyOf } from '#lib/api/copy.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { Equivalent } from '../../admission/admission.ts';
import { keyIn, type Served } from '../served.ts';
import { bytesOf, storedOf } from './commit.ts';
import { shapeFor } from './ownership.ts';

/** The other versions and groups under which the objects of `served` are served, too. */
export function equivalentsOf(served: Served, signal: AbortSignal): readonly Equivalent[] {
  const others = (served.siblings?.() ?? []).filter(({ apiVersion }) => apiVersion !== served.apiVersion);
  return others.map((other) => ({
    group: other.group,
    version: other.version,
    kind: other.kind,
    resource: other.plural,
    shape: shapeFor(other),
    to: (object) => convert(object, served, other, signal),
    from: async (object) => copyOf(await convert(object, other, served, signal)) as ApiObject,
  }));
}

/** By the way of the stored form, which every version knows. */
async function convert(object: KubeObject, from: Served, to: Served, signal: AbortSignal): Promise<KubeObject> {
  const { name, namespace, resourceVersion } = object.metadata;
  const bytes = await bytesOf(from, copyOf(object) as ApiObject, signal);
  const stored = storedOf(from, keyIn(from, namespace, name), 0, bytes);
  await to.conversion?.ready?.([stored], signal);
  const { metadata, ...rest } = to.conversion?.view(stored) ?? stored.object();
  const { resourceVersion: _, ...others } = metadata;
  return { ...rest, metadata: { ...others, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}
