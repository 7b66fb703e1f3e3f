// The shape of lib/api/facts/*.json: what is declared of every built-in type. README of the facts: lib/api/facts/README.md.

export interface TypeFacts {
  /** Full protobuf message name; absent: the type exists in JSON only. */
  readonly proto?: string;
  /** [group, version, kind] of top-level kinds. */
  readonly gvk?: readonly (readonly [group: string, version: string, kind: string])[];
  /** In the order in which a server writes them to JSON. */
  readonly fields?: readonly FieldFacts[];
  /** A type with a JSON form of its own: its `fields` then describe the protobuf message only. */
  readonly special?: Special;
  readonly openapi?: Readonly<Record<string, unknown>>;
  readonly structType?: 'atomic' | 'granular';
  readonly unions?: readonly unknown[];
}

export type Special =
  | 'Time'
  | 'MicroTime'
  | 'Duration'
  | 'Quantity'
  | 'IntOrString'
  | 'RawExtension'
  | 'FieldsV1'
  | 'JSON'
  | 'JSONSchemaPropsOrArray'
  | 'JSONSchemaPropsOrBool'
  | 'JSONSchemaPropsOrStringArray'
  | 'ListWrapper'
  | 'Unknown';

export interface FieldFacts {
  /** JSON key; absent for an inlined struct without a key of its own. */
  readonly json?: string;
  readonly inline?: boolean;
  readonly go?: string;
  readonly proto?: number;
  readonly protoName?: string;
  /** Protobuf type: a scalar's name, a message's full name, or `map<k,v>`. */
  readonly wire?: string;
  /** `string boolean int32 int64 double bytes any object` or `ref:<definition name>`. */
  readonly type?: string;
  readonly repeated?: boolean;
  /** Type of a map's values (`array<T>` for lists of T). */
  readonly map?: string;
  readonly required?: boolean;
  readonly omitempty?: boolean;
  readonly omitzero?: boolean;
  readonly ptr?: boolean;
  readonly itemPtr?: boolean;
  readonly named?: string;
  readonly keyNamed?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  readonly structType?: 'atomic' | 'granular';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxBytes?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly dvFormat?: string;
}

export interface ResourceFacts {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceFacts[];
  readonly stability: 'GA' | 'beta' | 'alpha';
  readonly served: readonly string[];
  readonly subresourceOnly?: boolean;
  readonly aggregated?: boolean;
  readonly storageVersionHash?: string;
}

export interface SubresourceFacts {
  readonly name: string;
  readonly kind: string;
  /** The parent's where absent. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

export interface GroupFacts {
  readonly group: string;
  readonly preferred: string;
  /** In order of preference. */
  readonly versions: readonly {
    readonly version: string;
    readonly stability: 'GA' | 'beta' | 'alpha';
    readonly enabledByDefault: boolean;
    readonly versionPriority?: number;
  }[];
  readonly groupPriorityMinimum?: number;
}
