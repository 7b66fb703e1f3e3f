// What a definition may not say. Pure. Rule: apiextensions-apiserver, ValidateCustomResourceDefinition.
import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain } from '../names.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../types/apiextensions.v1.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { readsOurs, validateReviews, validateWebhookClient } from '../webhook-client.ts';
import { parseJsonPath } from './json-path.ts';
import { type Part, placeOf } from './places.ts';
import { type SchemaLeniency, schemaLeniencyOf } from './schema-leniency.ts';
import { validateSchema } from './validate-schema.ts';

/** What `old`, which is stored, had already may stay. Rule: ValidateCustomResourceDefinitionUpdate. */
export function validateDefinition(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): StatusCause[] {
  const { metadata, spec, status } = definition;
  const { group = '', names, scope = '', versions = [] } = spec ?? {};
  const causes: StatusCause[] = [];
  if (metadata.name !== `${names?.plural}.${group}`) {
    causes.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  checkGroup(definition, old, causes);
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    causes.push(scope === '' ? required('spec.scope') : notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  if (spec?.preserveUnknownFields === true && old?.spec?.preserveUnknownFields !== true) {
    const why =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    causes.push(invalidValue('spec.preserveUnknownFields', true, why));
  }
  checkNames(names ?? { plural: '', kind: '' }, causes);
  const schemas = (old?.spec?.versions ?? []).map(({ schema }) => schema?.openAPIV3Schema);
  checkVersions(versions, schemaLeniencyOf(schemas), causes);
  const reviews = old?.spec?.conversion?.webhook?.conversionReviewVersions ?? [];
  checkConversion(spec?.conversion, reviews.length > 0 && !readsOurs(reviews), causes);
  checkGivenNames(status?.acceptedNames ?? {}, 'status.acceptedNames', causes);
  checkStored(versions, status?.storedVersions ?? [], causes);
  return causes;
}

/** What is stored in a version that nobody knows any more could not be read. */
function checkStored(
  versions: readonly CustomResourceDefinitionVersion[],
  stored: readonly string[],
  causes: StatusCause[],
): void {
  const field = 'status.storedVersions';
  const storing = versions.find(({ storage }) => storage);
  if (stored.length === 0) causes.push(invalidValue(field, stored, 'must have at least one stored version'));
  else if (storing !== undefined && !stored.includes(storing.name)) {
    causes.push(invalidValue(field, storing, `must have the storage version ${storing.name}`));
  }
  const known = new Set(versions.map(({ name }) => name));
  for (const [index, name] of stored.entries()) {
    if (!known.has(name)) causes.push(invalidValue(at(field, index), name, 'must appear in spec.versions'));
  }
}

/** Names that were accepted, as far as they are there. */
export function validateAcceptedNames(names: Partial<Names> = {}): StatusCause[] {
  const causes: StatusCause[] = [];
  checkGivenNames(names, 'status.acceptedNames', causes);
  return causes;
}

function checkGroup(
  { metadata, spec }: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
  causes: StatusCause[],
): void {
  const group = spec?.group ?? '';
  if (group === '') {
    causes.push(required('spec.group'));
    return;
  }
  const wrong = wrongDns1123Subdomain(group);
  if (wrong.length > 0) causes.push(invalidValue('spec.group', group, wrong.join(',')));
  else if (!group.includes('.')) {
    causes.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  }
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return;
  const approval = metadata.annotations?.[approvalKey];
  const state = approvalOf(approval);
  if (old !== undefined && approvalOf(old.metadata.annotations?.[approvalKey]) === state) return;
  const field = `metadata.annotations[${approvalKey}]`;
  if (state === 'missing') {
    const why = `protected groups must have approval annotation "${approvalKey}", see https://github.com/kubernetes/enhancements/pull/1111`;
    causes.push(required(field, why));
  } else if (state === 'invalid') {
    const why = `protected groups must have approval annotation "${approvalKey}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`;
    causes.push(invalidValue(field, approval, why));
  }
}

/** Rule: apihelpers GetAPIApprovalState. */
function approvalOf(text: string | undefined): 'missing' | 'bypassed' | 'approved' | 'invalid' {
  if (!text) return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return URL.canParse(text) ? 'approved' : 'invalid';
}
const approvalKey = 'api-approved.kubernetes.io';

type Names = NonNullable<CustomResourceDefinition['spec']['names']>;

function checkNames(names: Names, causes: StatusCause[]): void {
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!names[field]) causes.push(required(`spec.names.${field}`));
  }
  checkGivenNames(names, 'spec.names', causes);
}

function checkGivenNames(names: Partial<Names>, path: Path, causes: StatusCause[]): void {
  for (const field of ['plural', 'singular'] as const) {
    const value = names[field] ?? '';
    const wrong = value === '' ? [] : wrongDns1035Label(value);
    if (wrong.length > 0) causes.push(invalidValue(child(path, field), value, wrong.join(',')));
  }
  for (const field of ['kind', 'listKind'] as const) {
    const value = names[field] ?? '';
    const wrong = value === '' ? [] : wrongDns1035Label(value.toLowerCase());
    const detail = `may have mixed case, but should otherwise match: ${wrong.join(',')}`;
    if (wrong.length > 0) causes.push(invalidValue(child(path, field), value, detail));
  }
  for (const field of ['shortNames', 'categories'] as const) {
    for (const [index, name] of (names[field] ?? []).entries()) {
      const wrong = wrongDns1035Label(name);
      if (wrong.length > 0) causes.push(invalidValue(at(child(path, field), index), name, wrong.join(',')));
    }
  }
  if (names.kind && names.kind === names.listKind) {
    const why = 'kind and listKind may not be the same';
    causes.push(invalidValue(child(path, 'listKind'), names.listKind, why));
  }
}

function checkVersions(
  versions: readonly CustomResourceDefinitionVersion[],
  leniency: SchemaLeniency,
  causes: StatusCause[],
): void {
  const field = 'spec.versions';
  if (versions.length === 0) causes.push(required(field, 'must have at least one version'));
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    causes.push(invalidValue(field, versions, 'must contain unique version names'));
  }
  if (versions.length > 0 && versions.filter(({ storage }) => storage).length !== 1) {
    causes.push(invalidValue(field, versions, 'must have exactly one version marked as storage version'));
  }
  const hasShared =
    placeOf(versions, 0, 'schema') === sharedSchema && versions[0]?.schema?.openAPIV3Schema !== undefined;
  for (const [index, { schema }] of versions.entries()) {
    if (hasShared || schema?.openAPIV3Schema !== undefined) continue;
    causes.push(required(child(at(field, index), 'schema', 'openAPIV3Schema'), 'schemas are required'));
  }
  for (const [index, version] of versions.entries()) {
    checkVersion(version, at(field, index), causes);
    checkParts(version, (part) => placeOf(versions, index, part), leniency, causes);
  }
}
const sharedSchema = 'spec.validation';

function checkVersion(version: CustomResourceDefinitionVersion, path: Path, causes: StatusCause[]): void {
  const { name = '', deprecated, deprecationWarning } = version;
  const wrong = wrongDns1035Label(name);
  if (wrong.length > 0) causes.push(invalidValue(child(path, 'name'), name, wrong.join(',')));
  if (deprecationWarning === undefined) return;
  const say = (why: string) => causes.push(invalidValue(child(path, 'deprecationWarning'), deprecationWarning, why));
  if (deprecated !== true) {
    say('can only be set for deprecated versions');
    return;
  }
  if (Buffer.byteLength(deprecationWarning) > 256) say('must be <= 256 characters long');
  if (deprecationWarning === '') say('must not be an empty string');
  const hidden = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(deprecationWarning);
  if (hidden === null) return;
  const index = Buffer.byteLength(deprecationWarning.slice(0, hidden.index));
  say(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`);
}

function checkParts(
  version: CustomResourceDefinitionVersion,
  placeOfPart: (part: Part) => Path | undefined,
  leniency: SchemaLeniency,
  causes: StatusCause[],
): void {
  const [schema, subresources] = [placeOfPart('schema'), placeOfPart('subresources')];
  const [columns, fields] = [placeOfPart('additionalPrinterColumns'), placeOfPart('selectableFields')];
  const form = version.schema?.openAPIV3Schema;
  if (schema !== undefined && form !== undefined) {
    causes.push(...validateSchema(form, child(schema, 'openAPIV3Schema'), leniency));
  }
  if (subresources !== undefined) checkScale(version, child(subresources, 'scale'), causes);
  if (columns !== undefined) checkColumns(version, columns, causes);
  if (fields !== undefined) checkSelectable(version, fields, causes);
}

function checkColumns(version: CustomResourceDefinitionVersion, path: Path, causes: StatusCause[]): void {
  for (const [index, column] of (version.additionalPrinterColumns ?? []).entries()) {
    const place = at(path, index);
    if (!column.name) causes.push(required(child(place, 'name')));
    if (!column.type) causes.push(required(child(place, 'type')));
    else if (!columnTypes.includes(column.type)) {
      causes.push(invalidValue(child(place, 'type'), column.type, `must be one of ${columnTypes.join(',')}`));
    }
    if (!column.jsonPath) causes.push(required(child(place, 'jsonPath')));
    else checkPath(column.jsonPath, child(place, 'jsonPath'), causes);
  }
}

function checkSelectable(version: CustomResourceDefinitionVersion, path: Path, causes: StatusCause[]): void {
  for (const [index, { jsonPath }] of (version.selectableFields ?? []).entries()) {
    const field = child(at(path, index), 'jsonPath');
    if (!jsonPath) causes.push(required(field));
    else if (jsonPath.startsWith('.metadata.')) {
      causes.push(invalidValue(field, jsonPath, 'must not point to fields in metadata'));
    } else checkPath(jsonPath, field, causes);
  }
}
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];

function checkPath(text: string, field: Path, causes: StatusCause[]): void {
  if (text.startsWith('.') && parseJsonPath(text) !== undefined) return;
  causes.push(invalidValue(field, text, 'is an invalid path: must be a simple json path starting with .'));
}

function checkScale({ subresources }: CustomResourceDefinitionVersion, path: Path, causes: StatusCause[]): void {
  const scale = subresources?.scale;
  if (scale === undefined) return;
  const check = (name: keyof typeof scale, roots: readonly string[], isRequired: boolean) => {
    const text = scale[name] ?? '';
    const field = child(path, name);
    if (text === '' && isRequired) causes.push(required(field));
    else if (text !== '' && !roots.some((root) => text.startsWith(`${root}.`) && parseJsonPath(text) !== undefined)) {
      causes.push(invalidValue(field, text, `should be a json path under ${roots.join(' or ')}`));
    }
  };
  check('specReplicasPath', ['.spec'], true);
  check('statusReplicasPath', ['.status'], true);
  check('labelSelectorPath', ['.spec', '.status'], false);
}

function checkConversion(
  conversion: CustomResourceDefinition['spec']['conversion'],
  mayReadOthers: boolean,
  causes: StatusCause[],
): void {
  if (conversion === undefined) return;
  const { strategy, webhook } = conversion;
  const field = 'spec.conversion';
  if (!strategy) causes.push(required(child(field, 'strategy')));
  else if (strategy !== 'None' && strategy !== 'Webhook') {
    causes.push(notSupported(child(field, 'strategy'), strategy, ['None', 'Webhook']));
  }
  // Fields are named as upstream keeps them, not as they are sent.
  const [place, reviewsField] = [child(field, 'webhookClientConfig'), child(field, 'conversionReviewVersions')];
  const reviews = webhook?.conversionReviewVersions ?? [];
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook';
    if (webhook?.clientConfig !== undefined) causes.push(forbiddenField(place, why));
    if (reviews.length > 0) causes.push(forbiddenField(reviewsField, why));
    return;
  }
  const config = webhook?.clientConfig;
  if (config === undefined) causes.push(required(place, 'required when strategy is set to Webhook'));
  else causes.push(...validateWebhookClient(config, place));
  causes.push(...validateReviews(reviews, reviewsField, '', mayReadOthers));
}
