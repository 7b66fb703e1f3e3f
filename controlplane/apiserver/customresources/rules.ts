// The rules of one version of a custom resource. Pure.
// Rule: apiextensions-apiserver registry/customresource, the strategies of a custom resource and of its status.
import { rulesFor } from '#lib/api/kinds/define.ts';
import type { KindRules } from '#lib/api/kinds/kind-rules.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { finalizerWarnings } from '#lib/api/kinds/warnings/finalizers.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { printerOf } from '#lib/api/structural/columns.ts';
import { withDefaults } from '#lib/api/structural/default.ts';
import { findAll, parseJsonPath } from '#lib/api/structural/json-path.ts';
import { type Compile, createRuleChecker, hasRules } from '#lib/api/structural/rules.ts';
import { isEqual, validateValue } from '#lib/api/structural/validate.ts';
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
      warnings: (object, previous) => finalizerWarnings(object, previous),
      fields: (object) =>
        Object.fromEntries(selectable.map(({ name, steps }) => [name, fieldText(findAll(object, steps)[0])])),
    },
  );
  const checker = compile !== undefined && hasRules(schema) ? createRuleChecker(schema, compile) : undefined;
  const bySchema = (object: KubeObject, previous?: KubeObject): readonly StatusCause[] => {
    const causes = validateValue(object, schema, '');
    // Rules take for granted that types are as they should be.
    return causes.length > 0 || checker === undefined ? causes : checker.check(object, previous);
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
    validate: (object) => [...base.validate(object), ...bySchema(object)],
    validateUpdate: (next, previous) => [
      ...base.validateUpdate(next, previous),
      ...bySchema(next, previous).filter((cause) => !isUnchanged(cause, next, previous)),
    ],
    validateStatusUpdate: (next, previous, nowMs) => [
      ...base.validateStatusUpdate(next, previous, nowMs),
      ...bySchema(next, previous).filter((cause) => !isUnchanged(cause, next, previous)),
    ],
  };
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

/** What was wrong before, and has not been touched, may stay wrong. Rule: KEP-4008, validation ratcheting. */
function isUnchanged({ field = '', reason }: StatusCause, next: KubeObject, previous: KubeObject): boolean {
  const path = reason === 'FieldValueRequired' ? field.replace(/\.?[^.]+$/, '') : field;
  if (path === '' || path === '<nil>') return false;
  const steps = parseJsonPath(`.${path}`);
  if (steps === undefined) return false;
  const [now] = findAll(next, steps);
  const [before] = findAll(previous, steps);
  return now !== undefined && before !== undefined && isEqual(now, before);
}
