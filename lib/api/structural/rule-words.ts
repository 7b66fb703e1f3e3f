// What a rule says beside its expressions. Rule: apiextensions-apiserver, ValidateCustomResourceDefinitionOpenAPISchema.
import { child, invalidValue, notSupported, type Path, required } from '../field-errors.ts';
import type { ValidationRule } from '../types/apiextensions.v1.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { parseJsonPath } from './json-path.ts';
import { additionalOf, propertyOf, type Structural } from './structural.ts';

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

export function wrongWords(
  { rule, message, messageExpression, reason, fieldPath }: ValidationRule,
  schema: Structural,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const say = (field: string, value: string, why: string) => causes.push(invalidValue(child(path, field), value, why));
  const text = message?.trim() ?? '';
  if (rule.trim() === '') causes.push(required(child(path, 'rule'), 'rule is not specified'));
  if (message && text === '') say('message', message, 'message must be non-empty if specified');
  else if (text.includes('\n')) say('message', message!, 'message must not contain line breaks');
  else if (rule.trim().includes('\n') && text === '') {
    causes.push(required(child(path, 'message'), 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression && messageExpression.trim() === '') {
    causes.push(required(child(path, 'messageExpression'), 'messageExpression must be non-empty if specified'));
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    causes.push(notSupported(child(path, 'reason'), reason, reasons));
  }
  if (!fieldPath) return causes;
  if (fieldPath.trim() === '') say('fieldPath', fieldPath, 'fieldPath must be non-empty if specified');
  else if (fieldPath.trim().includes('\n')) say('fieldPath', fieldPath, 'fieldPath must not contain line breaks');
  else if (!leadsSomewhere(fieldPath, schema)) say('fieldPath', fieldPath, 'fieldPath must be a valid path');
  return causes;
}

function leadsSomewhere(fieldPath: string, schema: Structural): boolean {
  let one: Structural | undefined = schema;
  for (const step of parseJsonPath(fieldPath.trim()) ?? [undefined]) {
    if (one === undefined || step?.do !== 'field') return false;
    one = propertyOf(one, step.name) ?? additionalOf(one);
  }
  return one !== undefined;
}
