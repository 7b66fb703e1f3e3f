// Label selectors: the text form (`a=b,c in (d,e),!f`) and the object form, both as a list of requirements.
// Rule: apimachinery labels.Parse; metav1.LabelSelectorAsSelector.
import { invalidValue, required } from '../field-errors.ts';
import { wrongLabelValue, wrongQualifiedName } from '../names.ts';
import { badRequest } from '../status.ts';
import type { LabelSelector, StatusCause } from '../types/meta.v1.ts';
import { type Operator, parseRequirements, type Requirement } from './label-text.ts';

export type { Operator, Requirement };

/** Labels match if they meet every one: none means everything. */
export type Selector = readonly Requirement[];

type Labels = Readonly<Record<string, string>>;

/** @throws {StatusError} BadRequest if `text` is none */
export function parseLabelSelector(text: string): Selector {
  const requirements = parseRequirements(text);
  for (const requirement of requirements) {
    const [first] = wrongRequirement(requirement);
    if (first !== undefined) throw badRequest(`unable to parse requirement: ${first.field}: ${first.message}`);
  }
  return requirements;
}

/** The object form as requirements; undefined for an absent one, which matches nothing. */
export function selectorOf(selector: LabelSelector | undefined): Selector | undefined {
  if (selector === undefined || selector === null) return undefined;
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  );
  const said = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({ key, operator: operator as Operator, values: values ?? [] }),
  );
  return [...equal, ...said];
}

/** As a Service or ReplicationController has it: plain equality. */
export function selectorOfMap(labels: Labels | undefined): Selector {
  return selectorOf({ matchLabels: labels ?? {} })!;
}

export function matchesLabels(selector: Selector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => meets(labels ?? {}, requirement));
}

/** Whether the object form selects `labels`; an absent one selects nothing, an empty one everything. */
export function isSelectedBy(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  const requirements = selectorOf(selector);
  return requirements !== undefined && matchesLabels(requirements, labels);
}

function meets(labels: Labels, { key, operator, values }: Requirement): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !integer.test(value) || !integer.test(values[0] ?? '')) return false;
      return operator === 'Gt' ? BigInt(value) > BigInt(values[0]!) : BigInt(value) < BigInt(values[0]!);
    }
    default:
      return false;
  }
}
const integer = /^-?\d+$/;

/** The text form, keys in order: what Scale's status and Tables show. */
export function selectorText(selector: Selector): string {
  const byKey = [...selector].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return byKey.map(requirementText).join(',');
}

function requirementText({ key, operator, values }: Requirement): string {
  const sorted = [...values].sort().join(',');
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${sorted}` : `${key} in (${sorted})`;
    case 'NotIn':
      return `${key} notin (${sorted})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${sorted}`;
    case 'Lt':
      return `${key}<${sorted}`;
    default:
      return '';
  }
}

function wrongRequirement({ key, operator, values }: Requirement): readonly StatusCause[] {
  const causes = wrongQualifiedName(key).map((message) => invalidValue('key', key, message));
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    causes.push(required('values', "for 'in', 'notin' operators, values set can't be empty"));
  }
  if ((operator === 'Gt' || operator === 'Lt') && !integer.test(values[0] ?? '')) {
    causes.push(invalidValue('values[0]', values[0] ?? '', "for 'Gt', 'Lt' operators, the value must be an integer"));
  }
  for (const [index, value] of values.entries()) {
    for (const message of wrongLabelValue(value)) causes.push(invalidValue(`values[${index}][${key}]`, value, message));
  }
  return causes;
}
