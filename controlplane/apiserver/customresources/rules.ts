// The rules of one version of a custom resource. Pure.
// Rule: apiextensions-apiserver registry/customresource, the strategies of a custom resource and of its status.

import { invalidValue } from '#lib/api/field-errors.ts';
import { rulesFor } from '#lib/api/kinds/define.ts';
import type { KindRules } from '#lib/api/kinds/kind-rules.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { finalizerWarnings } from '#lib/api/kinds/warnings/finalizers.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { printerOf } from '#lib/api/structural/columns.ts';
import { apart } from '#lib/api/structural/correlate.ts';
import { withDefaults } from '#lib/api/structural/default.ts';
import { isEqual } from '#lib/api/structural/equal.ts';
import { findAll, parseJsonPath } from '#lib/api/structural/json-path.ts';
import { type Compile, createRuleChecker, hasRules } from '#lib/api/structural/rules.ts';
import { propertyOf, type Structural } from '#lib/api/structural/structural.ts';
import { validateValue } from '#lib/api/structural/validate.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import { acceptedNames, type Definition, type Version } from './resource.ts';
import { schemaOf } from './type.ts';

/** `compile` is there if any of the definition's versions has rules in CEL. */
export function rulesOfVersion(definition: Definition, version: Version, compile: Compile | undefined): KindRules {
  const schema = schemaOf(version);
  const hasStatus = version.subresources?.status !== undefined;
  const printer = printerOf(version.additionalPrinterColumns);
  const selectable = (version.selectableFields ?? []).map(({ jsonPath }) => {
    return { name: jsonPath.replace(/^\./, ''), steps: parseJsonPath(jsonPath) ?? [] };
  });
  const base = rulesFor<KubeObject>(
    {
      group: definition.spec.group,
      version: version.name,
      kind: acceptedNames(definition).kind,
      isNamespaced: definition.spec.scope === 'Namespaced',
      hasStatus,
    },
    {
      hasGeneration: true,
      allowsUnconditionalUpdate: false,
      columns: printer.columns,
      row: printer.row,
      warnings: (object, previous) => [...finalizerWarnings(object, previous), ...(waived.get(object) ?? [])],
      fields: (object) =>
        Object.fromEntries(selectable.map(({ name, steps }) => [name, fieldText(findAll(object, steps)[0])])),
    },
  );
  /** What the rules would not have let pass, had it not been so before: said of an update that was accepted. */
  const waived = new WeakMap<KubeObject, readonly string[]>();
  const checker = compile !== undefined && hasRules(schema) ? createRuleChecker(schema, compile) : undefined;
  const byRules = (causes: readonly StatusCause[], object: KubeObject, previous?: KubeObject): StatusCause[] => {
    if (checker === undefined) return [...causes];
    if (causes.some(isBlocking)) return [...causes, invalidValue('<nil>', null, unchecked)];
    const said: string[] = [];
    const found = checker.check(object, previous, (text) => said.push(text));
    waived.set(object, said);
    return [...causes, ...found];
  };

  return {
    ...base,
    applyDefaults(object) {
      const filled = withDefaults(object, schema) as ApiObject;
      if (filled === object) return;
      for (const field of Object.keys(object)) if (!Object.hasOwn(filled, field)) delete object[field];
      Object.assign(object, filled);
    },
    prepareForUpdate(next, previous) {
      if (hasStatus) keepStatus(next, previous);
      const before = previous.metadata.generation ?? 0;
      const isOther = !isEqual(contentOf(next, hasStatus), contentOf(previous, hasStatus));
      next.metadata.generation = isOther ? before + 1 : before;
    },
    prepareForStatusUpdate(next, previous) {
      const status = next['status'];
      for (const field of Object.keys(next)) delete next[field];
      Object.assign(next, structuredClone(previous));
      if (status === undefined) delete next['status'];
      else next['status'] = status;
    },
    validate: (object) => byRules([...base.validate(object), ...validateValue(object, schema, '')], object),
    validateUpdate(next, previous) {
      const found = [...base.validateUpdate(next, previous), ...validateValue(next, schema, '', previous)];
      return byRules(withoutOldDuplicates(found, previous, schema), next, previous);
    },
    validateStatusUpdate(next, previous, nowMs) {
      const [status, old] = [statusOf(next), statusOf(previous)];
      const form = propertyOf(schema, 'status');
      const isThere = status !== undefined && form !== undefined;
      const found = [
        ...base.validateStatusUpdate(next, previous, nowMs),
        ...(isThere ? validateValue(status, form, 'status', old === undefined ? apart : old) : []),
      ];
      return byRules(withoutOldDuplicates(found, previous, schema), next, previous);
    },
  };
}

const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** Rules take for granted that values have the form that the schema says. Rule: hasBlockingErr. */
function isBlocking({ reason }: StatusCause): boolean {
  return blocking.has(reason ?? '');
}
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/** Lists that held something twice before may do so still, wherever it is. */
function withoutOldDuplicates(
  causes: readonly StatusCause[],
  previous: KubeObject,
  schema: Structural,
): readonly StatusCause[] {
  const isDuplicate = ({ reason }: StatusCause) => reason === 'FieldValueDuplicate';
  if (!causes.some(isDuplicate) || !validateValue(previous, schema, '').some(isDuplicate)) return causes;
  return causes.filter((cause) => !isDuplicate(cause));
}

function statusOf(object: KubeObject): unknown {
  return (object as { readonly status?: unknown }).status;
}

function fieldText(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function keepStatus(next: ApiObject, previous: KubeObject): void {
  const { status } = previous as { readonly status?: unknown };
  if (status === undefined) delete next['status'];
  else next['status'] = status;
}

/** What counts as a new generation: all but metadata, and but the status where that is a subresource. */
function contentOf(object: KubeObject, hasStatus: boolean): object {
  const { metadata: _metadata, apiVersion: _version, ...rest } = object as KubeObject & { readonly status?: unknown };
  if (!hasStatus) return rest;
  const { status: _status, ...content } = rest;
  return content;
}
