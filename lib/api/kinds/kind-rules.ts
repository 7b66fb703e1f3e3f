import type { KubeObject } from '../resource.ts';
import type { StatusCause, TableColumnDefinition, TableRow } from '../types/meta.v1.ts';
import type { ApiObject } from './object.ts';

/**
 * What a kind asks of those who store it. All pure.
 *
 * Order of a create: applyDefaults, (the registry fills name, namespace, uid, creationTimestamp), prepareForCreate,
 * (admission), validate. Of an update: applyDefaults, prepareForUpdate, (admission), validateUpdate; the same with
 * Status for `/status`.
 * `next` and `object` of the first four are changed in place and belong to the caller; `previous` is never touched.
 */
export interface KindRules {
  /** Whether the kind has a `/status` of its own. */
  readonly hasStatus: boolean;
  /** Whether metadata.generation counts changes of the spec. */
  readonly hasGeneration: boolean;
  /** Whether a PUT on an absent name creates it. */
  readonly allowsCreateOnUpdate: boolean;
  /** Whether an update without resourceVersion overwrites whatever stands there. */
  readonly allowsUnconditionalUpdate: boolean;
  /** What a delete without propagationPolicy does with dependents. */
  readonly defaultPropagation: 'Background' | 'Orphan';

  /** Put on an object as its deletion begins: whoever cleans up after it takes it off. */
  readonly deletionFinalizer?: string;

  /** Fills in what upstream's versioned defaulting fills in. Repeating it changes nothing. */
  applyDefaults(object: ApiObject): void;
  /** Resets what a client may not set: status, generation. Name and uid are already there. */
  prepareForCreate(object: ApiObject, context?: PrepareContext): void;
  /** Keeps what a main update may not change (status) and counts the generation. */
  prepareForUpdate(next: ApiObject, previous: KubeObject, context?: PrepareContext): void;
  /** Keeps everything but status and metadata as it was. */
  prepareForStatusUpdate(next: ApiObject, previous: KubeObject): void;

  /** Causes as `invalid()` of status.ts takes them; none: the object is valid. */
  validate(object: KubeObject): readonly StatusCause[];
  validateUpdate(next: KubeObject, previous: KubeObject): readonly StatusCause[];
  validateStatusUpdate(next: KubeObject, previous: KubeObject, nowMs: number): readonly StatusCause[];

  /** What is accepted, but worth a word to whoever sent it; of an update if there is a previous state. */
  warnings(object: KubeObject, previous?: KubeObject): readonly string[];

  /** Values of every field that a field selector may name, metadata.name and metadata.namespace included. */
  selectableFields(object: KubeObject): Readonly<Record<string, string>>;
  /** The names of those fields: any other one is refused ("field label not supported: x"). */
  readonly fieldLabels: readonly string[];

  /** Columns of the Table; priority 1 is shown by `-o wide` only. */
  readonly columns: readonly TableColumnDefinition[];
  row(object: KubeObject, nowMs: number): Pick<TableRow, 'cells' | 'conditions'>;

  /**
   * Seconds until the object is really deleted, given what the request asks for (undefined: nothing).
   * Absent: the kind is deleted at once.
   */
  gracePeriodSeconds?(object: KubeObject, asked: number | undefined): number;
}

export interface PrepareContext {
  readonly nowMs?: number;
  /** Who asks: certificate signing requests keep it. */
  readonly user?: {
    readonly name: string;
    readonly uid?: string;
    readonly groups: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}
