// Conditions as most kinds have them. Pure. Rule: apimachinery meta/v1/validation, ValidateConditions.
import { at, child, duplicate, invalidValue, notSupported, type Path, required, tooLong } from '../field-errors.ts';
import { mismatch, wrongQualifiedName } from '../names.ts';
import type { Condition, StatusCause } from '../types/meta.v1.ts';

export function validateConditions(conditions: readonly Condition[], path: Path): StatusCause[] {
  const types = conditions.map(({ type }) => type);
  return conditions.flatMap((condition, index) => {
    const field = at(path, index);
    const isSecond = condition.type !== undefined && types.indexOf(condition.type) < index;
    const again = isSecond ? [duplicate(child(field, 'type'), condition.type)] : [];
    return [...again, ...validateCondition(condition, field)];
  });
}

function validateCondition(condition: Condition, path: Path): StatusCause[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition;
  const causes = wrongQualifiedName(type).map((why) => invalidValue(child(path, 'type'), type, why));
  if (!statuses.includes(status)) causes.push(notSupported(child(path, 'status'), status, statuses));
  if (observedGeneration < 0) {
    const why = 'must be greater than or equal to zero';
    causes.push(invalidValue(child(path, 'observedGeneration'), observedGeneration, why));
  }
  if (!lastTransitionTime) causes.push(required(child(path, 'lastTransitionTime'), 'must be set'));
  const field = child(path, 'reason');
  if (reason === '') causes.push(required(field, 'must be set'));
  else if (!new RegExp(`^${reasonForm}$`).test(reason)) causes.push(invalidValue(field, reason, wrongReason));
  if (reason.length > longestReason) causes.push(tooLong(field, longestReason));
  if (message.length > longestMessage) causes.push(tooLong(child(path, 'message'), longestMessage));
  return causes;
}
const statuses = ['False', 'True', 'Unknown'];
const longestReason = 1024;
const longestMessage = 32 * 1024;
const reasonForm = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const wrongReason = mismatch(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  reasonForm,
  ...['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'],
);
