// What every object's metadata must look like. Rule: apimachinery api/validation ValidateObjectMeta.
import { at, child, forbiddenField, invalidValue, type Path, required, tooLong } from '../field-errors.ts';
import {
  type NameRule,
  wrongDns1123Label,
  wrongDns1123Subdomain,
  wrongLabelValue,
  wrongQualifiedName,
} from '../names.ts';
import type { ObjectMeta, OwnerReference, StatusCause } from '../types/meta.v1.ts';

export interface MetadataRules {
  readonly isNamespaced: boolean;
  readonly wrongName: NameRule;
}

const annotationsBytes = 256 * 1024;

export function validateMetadata(meta: ObjectMeta, rules: MetadataRules, path: Path = 'metadata'): StatusCause[] {
  const causes: StatusCause[] = [];
  if (meta.generateName) {
    for (const message of rules.wrongName(unfinished(meta.generateName))) {
      causes.push(invalidValue(child(path, 'generateName'), meta.generateName, message));
    }
  }
  if (!meta.name) causes.push(required(child(path, 'name'), 'name or generateName is required'));
  else
    for (const message of rules.wrongName(meta.name))
      causes.push(invalidValue(child(path, 'name'), meta.name, message));
  causes.push(...validateNamespace(meta, rules, child(path, 'namespace')));
  if ((meta.generation ?? 0) < 0) {
    causes.push(invalidValue(child(path, 'generation'), meta.generation, mustNotBeNegative));
  }
  causes.push(...validateLabels(meta.labels, child(path, 'labels')));
  causes.push(...validateAnnotations(meta.annotations, child(path, 'annotations')));
  causes.push(...validateOwners(meta.ownerReferences ?? [], child(path, 'ownerReferences')));
  causes.push(...validateFinalizers(meta.finalizers ?? [], child(path, 'finalizers')));
  return causes;
}

/** What may change by a subresource, too. */
export function validateMaps({ labels, annotations }: ObjectMeta, path: Path = 'metadata'): StatusCause[] {
  return [
    ...validateLabels(labels, child(path, 'labels')),
    ...validateAnnotations(annotations, child(path, 'annotations')),
  ];
}

/** What may not change once set. Rule: ValidateObjectMetaUpdate. */
export function validateMetadataUpdate(next: ObjectMeta, previous: ObjectMeta, path: Path = 'metadata'): StatusCause[] {
  const causes: StatusCause[] = [];
  if (previous.deletionTimestamp !== undefined) {
    const had = new Set(previous.finalizers ?? []);
    const added = (next.finalizers ?? []).filter((finalizer) => !had.has(finalizer));
    if (added.length > 0) {
      const shown = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
      causes.push(forbiddenField(child(path, 'finalizers'), detail));
    }
  }
  if ((next.generation ?? 0) < (previous.generation ?? 0)) {
    causes.push(invalidValue(child(path, 'generation'), next.generation ?? 0, 'must not be decremented'));
  }
  for (const field of fixed) {
    if (next[field] !== previous[field] && !(next[field] === undefined && previous[field] === '')) {
      causes.push(invalidValue(child(path, field), next[field], immutable));
    }
  }
  return causes;
}
const fixed = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

export const immutable = 'field is immutable';
export const mustNotBeNegative = 'must be greater than or equal to 0';

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [key, value] of sorted(labels)) {
    for (const message of wrongQualifiedName(key)) causes.push(invalidValue(path, key, message));
    for (const message of wrongLabelValue(value)) causes.push(invalidValue(path, value, message));
  }
  return causes;
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  let bytes = 0;
  for (const [key, value] of sorted(annotations)) {
    for (const message of wrongQualifiedName(key.toLowerCase())) causes.push(invalidValue(path, key, message));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > annotationsBytes) causes.push(tooLong(path, annotationsBytes));
  return causes;
}

export function validateOwners(owners: readonly OwnerReference[], path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  let controller: string | undefined;
  for (const [index, owner] of owners.entries()) {
    causes.push(...validateOwner(owner, at(path, index)));
    if (!owner.controller) continue;
    if (controller !== undefined) {
      const who = `${controller}, ${owner.name}`;
      causes.push(
        invalidValue(
          path,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${who}`,
        ),
      );
    }
    controller ??= owner.name;
  }
  return causes;
}

function validateOwner(owner: OwnerReference, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!owner.apiVersion)
    causes.push(invalidValue(child(path, 'apiVersion'), owner.apiVersion ?? '', 'version must not be empty'));
  if (!owner.kind) causes.push(invalidValue(child(path, 'kind'), owner.kind ?? '', 'must not be empty'));
  if (!owner.name) causes.push(invalidValue(child(path, 'name'), owner.name ?? '', 'must not be empty'));
  if (!owner.uid) causes.push(invalidValue(child(path, 'uid'), owner.uid ?? '', 'must not be empty'));
  if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
    causes.push(invalidValue(path, owner, 'v1, Kind=Event is disallowed from being an owner'));
  }
  return causes;
}

export function validateFinalizers(finalizers: readonly string[], path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, finalizer] of finalizers.entries()) causes.push(...validateFinalizer(finalizer, at(path, index)));
  const has = (name: string) => finalizers.includes(name);
  if (has('orphan') && has('foregroundDeletion')) {
    causes.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return causes;
}

export function validateFinalizer(finalizer: string, path: Path): StatusCause[] {
  const causes = wrongQualifiedName(finalizer).map((message) => invalidValue(path, finalizer, message));
  if (finalizer.includes('/') || standardFinalizers.has(finalizer)) return causes;
  return [
    ...causes,
    invalidValue(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
  ];
}
const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateNamespace(meta: ObjectMeta, rules: MetadataRules, path: Path): StatusCause[] {
  if (!rules.isNamespaced) {
    return meta.namespace ? [forbiddenField(path, 'not allowed on this type')] : [];
  }
  if (!meta.namespace) return [required(path)];
  return wrongDns1123Label(meta.namespace).map((message) => invalidValue(path, meta.namespace, message));
}

/** A prefix may end as no name may: what follows it is alphanumeric. */
function unfinished(prefix: string): string {
  return prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix;
}

function sorted(map: Readonly<Record<string, string>> | undefined): readonly [string, string][] {
  return Object.entries(map ?? {});
}

export const subdomainName: NameRule = wrongDns1123Subdomain;
