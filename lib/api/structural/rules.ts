// Rules in CEL that a schema holds of its values. Rule: Custom Resources, "Validation rules".
import type { Expression } from '#lib/cel/compile.ts';
import { longestIn } from '#lib/cel/values.ts';
import { at, child, duplicate, forbiddenField, invalidValue, type Path, required } from '../field-errors.ts';
import type { ValidationRule } from '../types/apiextensions.v1.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { celOf } from './cel.ts';
import { additionalOf, isStruct, itemsOf, propertyOf, type Structural } from './structural.ts';
import { isEqual } from './validate.ts';

/** @throws {Error} if `text` is no expression over these variables */
export type Compile = (text: string, variables: readonly string[]) => Expression;

export interface RuleChecker {
  /** What the rules find wrong in `value`; `old`: what stood there before, for rules on changes. */
  check(value: unknown, old: unknown): readonly StatusCause[];
}

export function createRuleChecker(schema: Structural, compile: Compile): RuleChecker {
  const compiled = new Map<string, Expression>(); // bounded by the schema's rules

  function expression(text: string, variables: readonly string[]): Expression {
    const known = compiled.get(text);
    if (known !== undefined) return known;
    const made = compile(text, variables);
    compiled.set(text, made);
    return made;
  }

  function visit(value: unknown, old: unknown, one: Structural, path: Path, causes: StatusCause[]): void {
    if (value === null || value === undefined) return;
    for (const rule of one['x-kubernetes-validations'] ?? []) {
      const cause = judge(rule, value, old, one, path);
      if (cause !== undefined) causes.push(cause);
    }
    if (Array.isArray(value)) {
      const items = itemsOf(one);
      if (items === undefined) return;
      for (const [index, item] of value.entries())
        visit(item, counterpart(item, old, one), items, at(path, index), causes);
    } else if (isStruct(value)) {
      for (const key of Object.keys(value)) {
        const below = propertyOf(one, key) ?? additionalOf(one);
        const before = isStruct(old) && Object.hasOwn(old, key) ? old[key] : undefined;
        if (below !== undefined) visit(value[key], before, below, child(path, key), causes);
      }
    }
  }

  function judge(
    rule: ValidationRule,
    value: unknown,
    old: unknown,
    one: Structural,
    path: Path,
  ): StatusCause | undefined {
    const usesOld = /\boldSelf\b/.test(rule.rule);
    if (usesOld && old === undefined) return undefined; // there is no change to judge
    const message = rule.message || `failed rule: ${rule.rule}`;
    const type = one['x-kubernetes-int-or-string'] === true ? '' : (one.type ?? 'object');
    const self = celOf(value, one, path === '');
    const variables = usesOld ? { self, oldSelf: celOf(old, one, path === '') } : { self };
    const names = Object.keys(variables);
    const longest = longestIn(...Object.values(variables));
    try {
      if (expression(rule.rule, names).evaluate(variables, longest) === true) return undefined;
    } catch (error) {
      return invalidValue(
        path || '<nil>',
        type,
        `${(error as Error).message.split('\n')[0]} evaluating rule: ${message}`,
      );
    }
    const detail =
      rule.messageExpression === undefined ? message : said(rule.messageExpression, variables, names, message);
    return causeOf(rule, `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>', type, detail);
  }

  /** What the message's expression says; the plain message if it fails. */
  function said(
    text: string,
    variables: Readonly<Record<string, unknown>>,
    names: readonly string[],
    message: string,
  ): string {
    try {
      const found = expression(text, names).evaluate(variables, longestIn(...Object.values(variables)));
      return typeof found === 'string' && found.trim() !== '' && !found.includes('\n') ? found : message;
    } catch {
      return message;
    }
  }

  return {
    check(value, old) {
      const causes: StatusCause[] = [];
      visit(value, old, schema, '', causes);
      return causes;
    },
  };
}

function causeOf({ reason }: ValidationRule, field: Path, type: string, detail: string): StatusCause {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, type);
    default:
      return invalidValue(field, type, detail);
  }
}

/** The item of the old list that `item` was: known of lists that are maps only. */
function counterpart(item: unknown, old: unknown, list: Structural): unknown {
  if (list['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old) || !isStruct(item)) return undefined;
  const keys = list['x-kubernetes-list-map-keys'] ?? [];
  return old.find((one) => isStruct(one) && keys.every((key) => isEqual(one[key], item[key])));
}

export function hasRules(schema: Structural): boolean {
  if ((schema['x-kubernetes-validations']?.length ?? 0) > 0) return true;
  const below = [itemsOf(schema), additionalOf(schema), ...Object.values(schema.properties ?? {})];
  return below.some((one) => one !== undefined && hasRules(one));
}
