// Rules in CEL that a schema holds of its values. Rule: Custom Resources, "Validation rules".
import type { Expression } from '#lib/cel/compile.ts';
import { Maybe } from '#lib/cel/maybe.ts';
import { type Budget, CostError, exhausted, mostPerPolicy } from '#lib/cel/meter.ts';
import { at, child, duplicate, forbiddenField, invalidValue, type Path, required } from '../field-errors.ts';
import type { ValidationRule } from '../types/apiextensions.v1.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { celOf } from './cel.ts';
import { apart, isUntouched, oldOfItem, oldOfKey } from './correlate.ts';
import { usesOldSelf } from './old-self.ts';
import { additionalOf, isStruct, itemsOf, propertyOf, type Structural } from './structural.ts';

/** @throws {Error} if `text` is no expression over these variables */
export type Compile = (text: string, variables: readonly string[]) => Expression;

export interface RuleChecker {
  /**
   * What the rules find wrong in `value`; `old`: what stood there before, for rules on changes. What was as wrong before,
   * and has not been touched, may stay wrong: `waive` is told of it.
   */
  check(value: unknown, old: unknown, waive?: (said: string) => void): readonly StatusCause[];
}

export function createRuleChecker(schema: Structural, compile: Compile): RuleChecker {
  const compiled = new Map<string, Expression>(); // bounded by the schema's rules
  const ruled = new WeakMap<Structural, boolean>(); // whether there are any at or below

  function expression(text: string): Expression {
    const known = compiled.get(text);
    if (known !== undefined) return known;
    const made = compile(text, ['self', 'oldSelf']);
    compiled.set(text, made);
    return made;
  }

  return {
    check(value, old, waive = () => {}) {
      const before = old === undefined ? apart : old;
      const pass = { causes: [], budget: { left: mostPerPolicy }, waive };
      visit({ value, old: before, schema, path: '', above: undefined }, pass);
      return pass.causes;
    },
  };

  function visit(place: Place, pass: Pass): void {
    const { value, old, schema: one, path } = place;
    if (value === null || value === undefined || pass.budget.left < 0) return;
    judgeAll(place, pass);
    if (Array.isArray(value)) {
      const items = itemsOf(one);
      if (items === undefined || !isRuled(items)) return;
      for (const [index, item] of value.entries()) {
        const before = oldOfItem(old, item, one);
        visit({ value: item, old: before, schema: items, path: at(path, index), above: place }, pass);
      }
    } else if (isStruct(value)) {
      for (const key of Object.keys(value)) {
        const property = propertyOf(one, key);
        const below = property ?? additionalOf(one);
        if (below === undefined || !isRuled(below)) continue;
        const field = property === undefined ? at(path, key) : child(path, key);
        visit({ value: value[key], old: oldOfKey(old, key), schema: below, path: field, above: place }, pass);
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

  function judgeAll(place: Place, pass: Pass): void {
    const { value, old, schema: one, path } = place;
    const rules = one['x-kubernetes-validations'] ?? [];
    if (rules.length === 0) return;
    const isRoot = path === '';
    const self = celOf(value, one, isRoot);
    const oldSelf = old === apart || old === null ? undefined : celOf(old, one, isRoot);
    for (const rule of rules) {
      const usesOld = usesOldSelf(rule.rule);
      if (usesOld && oldSelf === undefined && rule.optionalOldSelf !== true) continue; // there is no change to judge
      judge(rule, { self, oldSelf }, place, pass);
      if (pass.budget.left < 0) return;
    }
  }

  function judge(rule: ValidationRule, { self, oldSelf }: Selves, place: Place, { causes, budget, waive }: Pass): void {
    const message = rule.message?.trim() || rule.rule.trim();
    const { schema: one, path } = place;
    const type = one['x-kubernetes-int-or-string'] === true ? '' : (one.type ?? 'object');
    const field = path || '<nil>';
    const plain = oldSelf === undefined ? { self } : { self, oldSelf };
    const variables = rule.optionalOldSelf === true ? { self, oldSelf: new Maybe(oldSelf) } : plain;
    try {
      if (expression(rule.rule).evaluate(variables, budget) === true) return;
    } catch (error) {
      causes.push(invalidValue(field, type, failureText(error as Error, message, budget)));
      return;
    }
    const detail = rule.message?.trim() || `failed rule: ${message}`;
    const text = rule.messageExpression === undefined ? detail : said(rule.messageExpression, plain, detail, budget);
    const cause = causeOf(rule, `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>', type, text);
    if (!usesOldSelf(rule.rule) && wasSo(place)) waive(`${cause.field}: ${cause.message}`);
    else causes.push(cause);
  }

  /** What the message's expression says; the plain message if it fails. */
  function said(text: string, variables: Readonly<Record<string, unknown>>, message: string, budget: Budget): string {
    try {
      const found = expression(text).evaluate(variables, budget);
      const trimmed = typeof found === 'string' ? found.trim() : '';
      return trimmed !== '' && trimmed.length <= mostOfMessage && !trimmed.includes('\n') ? trimmed : message;
    } catch {
      return message;
    }
  }
}
const mostOfMessage = 5 * 1024;

interface Selves {
  readonly self: unknown;
  /** Undefined: there was none. */
  readonly oldSelf: unknown;
}

/** A value, what stood there before, and what it is part of. */
interface Place {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: Structural;
  readonly path: Path;
  readonly above: Place | undefined;
}

/** Whether it, or the nearest above it that can be compared, was the same before. */
function wasSo({ value, old, schema, above }: Place): boolean {
  if (old !== apart) return isUntouched(value, old, schema);
  return above !== undefined && wasSo(above);
}

/** The end of all rules, if that was the cost; else of this one. */
function failureText(error: Error, message: string, budget: Budget): string {
  const why = error.message.split('\n')[0]!;
  if (error instanceof CostError) {
    if (budget.left < 0) return exhausted;
    budget.left = -1;
    return `'${why}': no further validation rules will be run due to call cost exceeds limit for rule: ${message}`;
  }
  if (!why.startsWith('no such overload')) return `${why} evaluating rule: ${message}`;
  return `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${message}`;
}

/** One look at one object. */
interface Pass {
  readonly causes: StatusCause[];
  /** Below zero: nothing more is judged. */
  readonly budget: Budget;
  readonly waive: (said: string) => void;
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

export function hasRules(schema: Structural): boolean {
  if ((schema['x-kubernetes-validations']?.length ?? 0) > 0) return true;
  const below = [itemsOf(schema), additionalOf(schema), ...Object.values(schema.properties ?? {})];
  return below.some((one) => one !== undefined && hasRules(one));
}
