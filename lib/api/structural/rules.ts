// Rules in CEL that a schema holds of its values. Rule: Custom Resources, "Validation rules".
import type { Expression } from '#lib/cel/compile.ts';
import { type Budget, CostError, exhausted, mostPerPolicy } from '#lib/cel/meter.ts';
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
  const ruled = new WeakMap<Structural, boolean>(); // whether there are any at or below

  function expression(text: string, variables: readonly string[]): Expression {
    const known = compiled.get(text);
    if (known !== undefined) return known;
    const made = compile(text, variables);
    compiled.set(text, made);
    return made;
  }

  return {
    check(value, old) {
      const causes: StatusCause[] = [];
      const budget: Budget = { left: mostPerPolicy };
      visit(value, old, schema, '', { causes, budget });
      return causes;
    },
  };

  function visit(value: unknown, old: unknown, one: Structural, path: Path, pass: Pass): void {
    if (value === null || value === undefined || pass.budget.left < 0) return;
    judgeAll(value, old, one, path, pass);
    if (Array.isArray(value)) {
      const items = itemsOf(one);
      if (items === undefined || !isRuled(items)) return;
      for (const [index, item] of value.entries())
        visit(item, counterpart(item, old, one), items, at(path, index), pass);
    } else if (isStruct(value)) {
      for (const key of Object.keys(value)) {
        const below = propertyOf(one, key) ?? additionalOf(one);
        const before = isStruct(old) && Object.hasOwn(old, key) ? old[key] : undefined;
        if (below !== undefined && isRuled(below)) visit(value[key], before, below, child(path, key), pass);
      }
    }
  }

  function isRuled(one: Structural): boolean {
    const known = ruled.get(one);
    if (known !== undefined) return known;
    const made = hasRules(one);
    ruled.set(one, made);
    return made;
  }

  function judgeAll(value: unknown, old: unknown, one: Structural, path: Path, pass: Pass): void {
    const rules = one['x-kubernetes-validations'] ?? [];
    if (rules.length === 0) return;
    const isRoot = path === '';
    const self = celOf(value, one, isRoot);
    const oldSelf = old === undefined ? undefined : celOf(old, one, isRoot);
    for (const rule of rules) {
      const usesOld = /\boldSelf\b/.test(rule.rule);
      if (usesOld && oldSelf === undefined) continue; // there is no change to judge
      const cause = judge(rule, usesOld ? { self, oldSelf } : { self }, one, path, pass.budget);
      if (cause !== undefined) pass.causes.push(cause);
      if (pass.budget.left < 0) return;
    }
  }

  function judge(
    rule: ValidationRule,
    variables: Readonly<Record<string, unknown>>,
    one: Structural,
    path: Path,
    budget: Budget,
  ): StatusCause | undefined {
    const message = rule.message || `failed rule: ${rule.rule}`;
    const type = one['x-kubernetes-int-or-string'] === true ? '' : (one.type ?? 'object');
    const field = path || '<nil>';
    const names = Object.keys(variables);
    try {
      if (expression(rule.rule, names).evaluate(variables, budget) === true) return undefined;
    } catch (error) {
      const why = (error as Error).message.split('\n')[0];
      if (!(error instanceof CostError)) return invalidValue(field, type, `${why} evaluating rule: ${message}`);
      if (budget.left < 0) return invalidValue(field, type, exhausted);
      budget.left = -1;
      const end = 'no further validation rules will be run due to call cost exceeds limit for rule';
      return invalidValue(field, type, `'${why}': ${end}: ${message}`);
    }
    const detail =
      rule.messageExpression === undefined ? message : said(rule.messageExpression, variables, names, message, budget);
    return causeOf(rule, `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>', type, detail);
  }

  /** What the message's expression says; the plain message if it fails. */
  function said(
    text: string,
    variables: Readonly<Record<string, unknown>>,
    names: readonly string[],
    message: string,
    budget: Budget,
  ): string {
    try {
      const found = expression(text, names).evaluate(variables, budget);
      return typeof found === 'string' && found.trim() !== '' && !found.includes('\n') ? found : message;
    } catch {
      return message;
    }
  }
}

/** One look at one object. */
interface Pass {
  readonly causes: StatusCause[];
  /** Below zero: nothing more is judged. */
  readonly budget: Budget;
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
