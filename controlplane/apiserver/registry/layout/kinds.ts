// Which kind lies under a key, and in which form upstream keeps it there.
import type { ResourceFacts } from '#lib/api/facts.ts';
import { resourceFacts, type TypeSchema, typeOfKind } from '#lib/api/schema.ts';
import { conversionOf } from '../conversions.ts';
import { storagePrefix } from '../storage-keys.ts';

export interface StoredKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: TypeSchema;
  /** What upstream writes as JSON, though it has a protobuf message. */
  readonly isJson: boolean;
  /** The version that is written; others are read as well. */
  readonly writtenAs: string;
  /** No resource: the API does not show it, hence it has no rules. */
  readonly isInternal?: boolean;
}

/** Versions to write, by `plural.group`, where an older API server is to read them: `endpointslices.discovery.k8s.io`. */
export type OlderVersions = Readonly<Record<string, string>>;

/** Undefined: a custom resource, or nothing of ours. */
export function createKinds(older: OlderVersions = {}): (key: string) => StoredKind | undefined {
  const byPrefix = new Map<string, StoredKind>();
  for (const facts of resourceFacts) {
    const prefix = storagePrefix(facts.group, facts.plural);
    if (facts.verbs.includes('watch') && !byPrefix.has(prefix)) byPrefix.set(prefix, storedAs(facts, older));
  }
  byPrefix.set(masterLeases, endpoints);
  return (key) => {
    if (key === nodePortsKey) return rangeAllocation;
    const first = key.indexOf('/', root.length);
    const second = key.indexOf('/', first + 1);
    const deep = second === -1 ? undefined : byPrefix.get(key.slice(0, second + 1));
    return deep ?? byPrefix.get(key.slice(0, first + 1));
  };
}
const root = '/registry/';
/** Where API servers say that they live: each by an Endpoints object of its own that expires. */
export const masterLeases = '/registry/masterleases/';
/** Which node ports are given away. */
export const nodePortsKey = '/registry/ranges/servicenodeports';

function storedAs({ group, version, kind, plural }: ResourceFacts, older: OlderVersions): StoredKind {
  const type = conversionOf(group, version, kind)?.type ?? typeOfKind(group, version, kind)!;
  const [storedGroup, storedVersion] = type.facts.gvk![0]!;
  const stored = { group: storedGroup!, version: storedVersion! };
  const writtenAs = apiVersionOfKind({ ...stored, version: older[`${plural}.${group}`] ?? stored.version });
  return { ...stored, kind, type, isJson: jsonGroups.has(group), writtenAs };
}
/** Rule: createAPIExtensionsConfig and createAggregatorConfig of kube-apiserver: their codecs write JSON. */
const jsonGroups: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

const rangeAllocation: StoredKind = {
  group: '',
  version: 'v1',
  kind: 'RangeAllocation',
  type: typeOfKind('', 'v1', 'RangeAllocation')!,
  isJson: false,
  writtenAs: 'v1',
  isInternal: true,
};

const endpoints: StoredKind = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  type: typeOfKind('', 'v1', 'Endpoints')!,
  isJson: false,
  writtenAs: 'v1',
};

export function apiVersionOfKind({ group, version }: Pick<StoredKind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
