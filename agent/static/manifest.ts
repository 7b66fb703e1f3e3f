// From a manifest to the pod that is run here. Loaded only by nodes that have manifests: it brings the whole schema.
import { createHash } from 'node:crypto';
import { load } from 'js-yaml';
import { conformObject } from '#lib/api/json/decode.ts';
import { defaultPod } from '#lib/api/kinds/pod/defaults.ts';
import { validatePod } from '#lib/api/kinds/pod/validate.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { referencesOf } from '../pods/references.ts';
import { configHash, configSeen, configSource } from './annotations.ts';

export interface ManifestFacts {
  readonly nodeName: string;
  readonly source: 'file' | 'http';
  /** Path or URL: the same manifest in two places makes two pods. */
  readonly from: string;
  readonly nowMs: number;
}

/**
 * The pods that a manifest describes: a Pod or a PodList, in YAML or JSON. Their names end in the node's, they tolerate
 * all that ends pods, and their uid follows from their content: another content is another pod.
 * Rule: "Create static Pods".
 * @throws {Error} what is wrong with it
 */
export function podsOf(text: string, facts: ManifestFacts): readonly Pod[] {
  const value = (text.trim() === '' ? undefined : load(text)) as
    | { readonly kind?: string; readonly items?: readonly object[] }
    | undefined;
  if (value === null || value === undefined || typeof value !== 'object') throw new Error('it holds no object');
  return value.kind === 'PodList' ? (value.items ?? []).map((one) => podOf(one, facts)) : [podOf(value, facts)];
}

function podOf(value: object, { nodeName, source, from, nowMs }: ManifestFacts): Pod {
  const { kind = 'Pod' } = value as { readonly kind?: string };
  if (kind !== 'Pod') throw new Error(`it is a ${kind}, not a Pod`);
  const { object } = conformObject(value as Readonly<Record<string, unknown>>, typeOfKind('', 'v1', 'Pod')!);
  const pod = object as unknown as Pod;
  const { metadata } = pod;
  if (!metadata?.name) throw new Error('it has no name');
  const refused = apiReference(pod);
  if (refused !== undefined) throw new Error(`static pods may not reference ${refused}`);
  if (pod.spec?.ephemeralContainers?.length) throw new Error('static pods do not support ephemeral containers');
  const uid = metadata.uid ?? hashOf(pod, nodeName, from);
  const seen = new Date(nowMs).toISOString();
  const made: Pod = {
    ...pod,
    metadata: {
      ...metadata,
      uid,
      name: `${metadata.name}-${nodeName.toLowerCase()}`,
      namespace: metadata.namespace ?? 'default',
      annotations: {
        ...metadata.annotations,
        [configHash]: uid,
        [configSeen]: seen,
        [configSource]: source,
      },
      creationTimestamp: seen,
    },
    spec: {
      ...pod.spec,
      nodeName,
      tolerations: [...(pod.spec?.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
    status: {},
  };
  defaultPod(made as unknown as Parameters<typeof defaultPod>[0]);
  const [wrong] = validatePod(made);
  if (wrong !== undefined) throw new Error(`${wrong.field}: ${wrong.message}`);
  return made;
}

/** What of the API the pod would need: it must live without. Rule: "Create static Pods", the note on other API objects. */
function apiReference(pod: Pod): string | undefined {
  const { serviceAccountName, volumes = [], resourceClaims = [] } = pod.spec;
  if (serviceAccountName) return 'serviceaccounts';
  const { configMaps, secrets } = referencesOf(pod);
  if (secrets.size > 0) return 'secrets';
  if (configMaps.size > 0) return 'configmaps';
  if (resourceClaims.length > 0) return 'resourceclaims';
  if (volumes.some((one) => one.persistentVolumeClaim ?? one.ephemeral)) return 'persistentvolumeclaims';
  const projected = volumes.flatMap((one) => one.projected?.sources ?? []);
  if (projected.some((one) => one.serviceAccountToken)) return 'serviceaccounts';
  return projected.some((one) => one.clusterTrustBundle) ? 'clustertrustbundles' : undefined;
}

function hashOf(pod: Pod, nodeName: string, from: string): string {
  return createHash('md5')
    .update(JSON.stringify([pod, nodeName, from]))
    .digest('hex');
}
