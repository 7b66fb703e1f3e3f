// Puts together the rules of one kind: its own parts where it has some, the generic ones for the rest.
import { type NameRule, wrongDns1123Subdomain } from '../names.ts';
import type { KubeObject } from '../resource.ts';
import { typeOfKind } from '../schema.ts';
import type { StatusCause, TableColumnDefinition, TableRow } from '../types/meta.v1.ts';
import { ageOf, columns } from './columns.ts';
import { isSame } from './equal.ts';
import { dropFieldsOf } from './features.ts';
import type { KindRules, PrepareContext } from './kind-rules.ts';
import { validateMaps, validateMetadata, validateMetadataUpdate } from './metadata.ts';
import type { ApiObject, Mutable } from './object.ts';
import { validateBySchema } from './schema-pass.ts';

export interface KindParts<T> {
  /** A subdomain, if absent. */
  readonly wrongName?: NameRule;
  readonly hasGeneration?: boolean;
  readonly allowsCreateOnUpdate?: boolean;
  readonly allowsUnconditionalUpdate?: boolean;
  readonly defaultPropagation?: 'Background' | 'Orphan';
  /** A client may send a status along with a new object (Nodes do). */
  readonly keepsStatusOnCreate?: boolean;
  /** Fields outside metadata whose change counts as a new generation; `spec` if absent. */
  readonly generationFields?: readonly string[];

  readonly deletionFinalizer?: string;

  defaults?(object: Mutable<T>): void;
  create?(object: Mutable<T>, context: PrepareContext): void;
  update?(next: Mutable<T>, previous: T, context: PrepareContext): void;
  updateStatus?(next: Mutable<T>, previous: T): void;
  validate?(object: T): readonly StatusCause[];
  validateUpdate?(next: T, previous: T): readonly StatusCause[];
  validateStatus?(next: T, previous: T, nowMs: number): readonly StatusCause[];
  /** Without `previous`, of a create. */
  warnings?(object: T, previous?: T): readonly string[];
  /** Beside metadata.name and metadata.namespace. */
  fields?(object: T): Readonly<Record<string, string>>;
  readonly columns?: readonly TableColumnDefinition[];
  row?(object: T, nowMs: number): readonly unknown[];
  conditions?(object: T): TableRow['conditions'];
  gracePeriodSeconds?(object: T, asked: number | undefined): number;
}

export interface KindFacts {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly hasStatus: boolean;
}

export function rulesFor<T extends KubeObject>(facts: KindFacts, parts: KindParts<T>): KindRules {
  const names = { isNamespaced: facts.isNamespaced, wrongName: parts.wrongName ?? wrongDns1123Subdomain };
  const hasGeneration = parts.hasGeneration ?? false;
  const inGeneration = parts.generationFields ?? ['spec'];
  const schema = typeOfKind(facts.group, facts.version, facts.kind);
  const dropFields = dropFieldsOf(facts.group, facts.kind);

  function changed(next: KubeObject, previous: KubeObject): boolean {
    return inGeneration.some((field) => !isSame(fieldOf(next, field), fieldOf(previous, field)));
  }

  /** What the kind's own rules found, and what its declared form adds to that. */
  function withShape(own: readonly StatusCause[], object: KubeObject): readonly StatusCause[] {
    if (schema === undefined) return own;
    const shape = validateBySchema(object, schema, { checksRequired: parts.validate === undefined });
    return [...own, ...shape.filter((cause) => !isSpokenOf(cause, own))];
  }

  return {
    hasStatus: facts.hasStatus,
    hasGeneration,
    allowsCreateOnUpdate: parts.allowsCreateOnUpdate ?? false,
    allowsUnconditionalUpdate: parts.allowsUnconditionalUpdate ?? true,
    defaultPropagation: parts.defaultPropagation ?? 'Background',
    ...(parts.deletionFinalizer === undefined ? {} : { deletionFinalizer: parts.deletionFinalizer }),

    applyDefaults(object) {
      parts.defaults?.(as(object));
    },
    prepareForCreate(object, context = {}) {
      if (facts.hasStatus && !parts.keepsStatusOnCreate) delete object['status'];
      dropFields?.(object);
      setGeneration(object, hasGeneration ? 1 : undefined);
      parts.create?.(as(object), context);
    },
    prepareForUpdate(next, previous, context = {}) {
      if (facts.hasStatus) keep(next, previous, 'status');
      dropFields?.(next, previous);
      parts.update?.(as(next), previous as T, context);
      const before = previous.metadata.generation;
      const grows = hasGeneration && (changed(next, previous) || isNewlyDeleted(next, previous));
      setGeneration(next, grows ? (before ?? 0) + 1 : before);
    },
    prepareForStatusUpdate(next, previous) {
      for (const field of new Set([...Object.keys(next), ...Object.keys(previous)])) {
        if (!ofStatusUpdate.has(field)) keep(next, previous, field);
      }
      dropFields?.(next, previous);
      setGeneration(next, previous.metadata.generation);
      keepOwners(next, previous);
      parts.updateStatus?.(as(next), previous as T);
    },

    validate(object) {
      const own = parts.validate?.(object as T) ?? [];
      return [...validateMetadata(object.metadata, names), ...withShape(own, object)];
    },
    validateUpdate(next, previous) {
      // A name that is stored is not judged again: it was once good, and cannot change.
      const isNamed = next.metadata.name !== undefined && next.metadata.name === previous.metadata.name;
      const meta = [
        ...validateMetadata(next.metadata, isNamed ? { ...names, wrongName: () => [] } : names),
        ...validateMetadataUpdate(next.metadata, previous.metadata),
      ];
      const own = parts.validateUpdate?.(next as T, previous as T) ?? parts.validate?.(next as T) ?? [];
      return [...meta, ...withShape(own, next)];
    },
    validateStatusUpdate(next, previous, nowMs) {
      const meta = [...validateMaps(next.metadata), ...validateMetadataUpdate(next.metadata, previous.metadata)];
      return [...meta, ...(parts.validateStatus?.(next as T, previous as T, nowMs) ?? [])];
    },

    warnings: (object, previous) => parts.warnings?.(object as T, previous as T | undefined) ?? [],

    selectableFields(object) {
      const base = { 'metadata.name': object.metadata.name, 'metadata.namespace': object.metadata.namespace ?? '' };
      return { ...base, ...parts.fields?.(object as T) };
    },
    fieldLabels: ['metadata.name', 'metadata.namespace', ...Object.keys(parts.fields?.(blank as T) ?? {})],

    columns: parts.columns ?? columns(['Name', '@Age']),
    row(object, nowMs) {
      const cells = parts.row?.(object as T, nowMs) ?? [object.metadata.name, ageOf(object.metadata, nowMs)];
      const conditions = parts.conditions?.(object as T);
      return conditions === undefined ? { cells } : { cells, conditions };
    },
    ...(parts.gracePeriodSeconds === undefined
      ? {}
      : { gracePeriodSeconds: (object, asked) => parts.gracePeriodSeconds!(object as T, asked) }),
  };
}
const ofStatusUpdate = new Set(['apiVersion', 'kind', 'metadata', 'status']);
/** What `fields` is asked with to learn their names: it must bear an object with nothing in it. */
const blank: unknown = { metadata: { name: '' } };

/**
 * Whether a rule spoke of this field, or of what holds it: then nothing more is said of its form.
 * A rule may name the list where it means an item, or another root, and have its own words for it.
 */
function isSpokenOf({ field = '', message }: StatusCause, causes: readonly StatusCause[]): boolean {
  return causes.some((cause) => {
    if (cause.field === undefined) return false;
    return (
      field.startsWith(cause.field) || (what(cause.message) === what(message) && where(cause.field) === where(field))
    );
  });
}

/** Which value is wrong, whatever it is called for that. */
function what(message: string | undefined): string | undefined {
  return message?.replace(/^(Unsupported|Invalid) value: /, '').split(': ')[0];
}

function where(field: string): string {
  return field.replaceAll(/\[\d+\]|^(spec|metadata)\./g, '');
}

function as<T>(object: ApiObject): Mutable<T> {
  return object as unknown as Mutable<T>;
}

function fieldOf(object: KubeObject, field: string): unknown {
  return (object as unknown as Record<string, unknown>)[field];
}

function keep(next: ApiObject, previous: KubeObject, field: string): void {
  const value = fieldOf(previous, field);
  if (value === undefined) delete next[field];
  else next[field] = value;
}

function setGeneration(object: ApiObject, generation: number | undefined): void {
  if (generation === undefined) delete object.metadata.generation;
  else object.metadata.generation = generation;
}

function keepOwners(next: ApiObject, previous: KubeObject): void {
  const owners = previous.metadata.ownerReferences;
  if (owners === undefined) delete next.metadata.ownerReferences;
  else next.metadata.ownerReferences = owners as Mutable<typeof owners>;
}

function isNewlyDeleted(next: KubeObject, previous: KubeObject): boolean {
  return next.metadata.deletionTimestamp !== undefined && previous.metadata.deletionTimestamp === undefined;
}
