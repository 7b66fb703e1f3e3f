// Field selectors: `a.b=c,d!=e`. Rule: apimachinery fields.ParseSelector.
import { badRequest } from '../status.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly isEqual: boolean;
  readonly value: string;
}

export type FieldSelector = readonly FieldRequirement[];

/** @throws {StatusError} BadRequest if `text` is none */
export function parseFieldSelector(text: string): FieldSelector {
  return terms(text).map((term) => {
    const [, field, sign, value] = /^((?:[^\\=!]|\\.|!(?!=))*)(!=|==?)(.*)$/s.exec(term) ?? [];
    if (field === undefined || sign === undefined) {
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    return { field, isEqual: sign !== '!=', value: plain(value ?? '', text) };
  });
}

/** @throws {StatusError} BadRequest if `selector` names a field that is not among `labels` (`fieldLabels` of KindRules) */
export function checkFieldSelector(selector: FieldSelector, labels: readonly string[]): void {
  for (const { field } of selector) {
    if (labels.includes(field)) continue;
    const isGeneric = labels.every((label) => label.startsWith('metadata.'));
    const generic = `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
    throw badRequest(isGeneric ? generic : `field label not supported: ${field}`);
  }
}

/** Whether an object with these `fields` (`selectableFields` of KindRules) is selected. */
export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  return selector.every(({ field, isEqual, value }) => {
    const actual = Object.hasOwn(fields, field) ? fields[field]! : '';
    return (actual === value) === isEqual;
  });
}

/** The value that `field` must have, if the selector asks for exactly one: a list by name is then a get. */
export function exactValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((one) => one.field === field && one.isEqual)?.value;
}

function terms(text: string): readonly string[] {
  return (text.match(/(?:[^\\,]|\\.)+/gs) ?? []).filter((term) => term !== '');
}

function plain(value: string, text: string): string {
  if (/(?:^|[^\\])(?:\\\\)*(?:\\(?![\\,=])|\\$)/.test(value) || /(?:^|[^\\])(?:\\\\)*[=]/.test(value)) {
    throw badRequest(`invalid selector: '${text}'; can't understand '${value}'`);
  }
  return value.replace(/\\([\\,=])/g, '$1');
}
