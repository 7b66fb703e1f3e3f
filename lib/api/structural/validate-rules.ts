// What a definition's rules in CEL may not be. Rule: apiextensions-apiserver, the part of
// ValidateCustomResourceDefinitionOpenAPISchema that compiles rules.
import { at, child, invalidValue, type Path } from '../field-errors.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { unescaped } from './cel.ts';
import { usesOldSelf, withoutTexts } from './old-self.ts';
import { createRuleCosts, type RuleCosts } from './rule-costs.ts';
import { wrongWords } from './rule-words.ts';
import type { Compile } from './rules.ts';
import { declaredMost, mostInRequest, sizeOf } from './sizes.ts';
import { additionalOf, itemsOf, type Structural } from './structural.ts';

/**
 * Nothing, if all rules in `schema` can be judged by. `path`: of the schema. `mayCostMore`: it stands like that already,
 * and its rules were taken.
 */
export function validateRules(
  schema: Structural,
  path: Path,
  compile: Compile,
  mayCostMore = false,
): readonly StatusCause[] {
  const costs = createRuleCosts();
  const causes: StatusCause[] = [];
  visit({ schema, path, isRoot: true, most: 1, within: undefined }, compile, costs, causes);
  return mayCostMore ? causes : [...causes, ...costs.causes(path)];
}

interface Place {
  readonly schema: Structural;
  readonly path: Path;
  readonly isRoot: boolean;
  /** How many such values one object can have; undefined: as many as a request can hold. */
  readonly most: number | undefined;
  /** The outermost part in which values cannot be told from those before: items of lists that are no maps. */
  readonly within: Path | undefined;
}

function visit(place: Place, compile: Compile, costs: RuleCosts, causes: StatusCause[]): void {
  const { schema, path } = place;
  for (const [index, { rule, messageExpression, ...words }] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const own = at(child(path, 'x-kubernetes-validations'), index);
    causes.push(...wrongWords({ rule, messageExpression, ...words }, schema, own));
    if (rule.trim() === '') continue;
    if (!usesOldSelf(rule)) {
      const why = 'may not be set if oldSelf is not used in rule';
      const { optionalOldSelf: value } = words;
      if (value !== undefined) causes.push(invalidValue(child(own, 'optionalOldSelf'), value, why));
    } else if (place.within !== undefined) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.within}`;
      causes.push(invalidValue(child(own, 'rule'), rule, why));
    }
    judge(rule, 'rule', 'bool');
    if (messageExpression !== undefined) judge(messageExpression, 'messageExpression', 'string');

    function judge(text: string, name: 'rule' | 'messageExpression', wanted: 'bool' | 'string'): void {
      const field = child(own, name);
      const judged = judgeRule(text, wanted, place, compile);
      if (typeof judged === 'string') causes.push(invalidValue(field, text, judged));
      else costs.add(field, `estimated ${name} cost`, judged);
    }
  }
  for (const [key, one] of Object.entries(schema.properties ?? {})) below(one, `properties[${key}]`, 1);
  const items = itemsOf(schema);
  const isMap = schema['x-kubernetes-list-type'] === 'map';
  if (items !== undefined) below(items, 'items', declaredMost(schema), isMap ? undefined : child(path, 'items'));
  const additional = additionalOf(schema);
  if (additional !== undefined) below(additional, 'additionalProperties', declaredMost(schema));

  function below(one: Structural, step: string, count: number | undefined, within?: Path): void {
    const most = place.most === undefined || count === undefined ? undefined : place.most * count;
    const inner = { schema: one, path: child(path, step), isRoot: false, most, within: place.within ?? within };
    visit(inner, compile, costs, causes);
  }
}

/** What is wrong with it; else what judging all that it is about can cost. */
function judgeRule(text: string, wanted: 'bool' | 'string', place: Place, compile: Compile): string | number {
  const { schema, isRoot, most = mostInRequest(schema) } = place;
  const wrong = wrongRule(text, wanted, schema, isRoot, compile);
  if (wrong !== undefined) return wrong;
  const self = sizeOf(schema);
  return (compile(text, ['self', 'oldSelf']).estimate?.({ self, oldSelf: self }) ?? 0) * most;
}

function wrongRule(
  text: string,
  wanted: 'bool' | 'string',
  schema: Structural,
  isRoot: boolean,
  compile: Compile,
): string | undefined {
  try {
    const { type } = compile(text, ['self', 'oldSelf']);
    if (type !== wanted && type !== 'dyn') return `compilation failed: must evaluate to a ${wanted}`;
  } catch (error) {
    return `compilation failed: ${(error as Error).message}`;
  }
  const unknown = undefinedField(text, schema, isRoot);
  return unknown === undefined ? undefined : `compilation failed: ERROR: <input>:1:1: undefined field '${unknown}'`;
}

/** A field of self or oldSelf that the schema does not specify, as far as plain selections tell. */
function undefinedField(text: string, schema: Structural, isRoot: boolean): string | undefined {
  for (const [, chain = '', call = ''] of withoutTexts(text).matchAll(
    /(?<![\w.])(?:self|oldSelf)((?:\.[A-Za-z_]\w*)+)(\s*\()?/g,
  )) {
    const steps = chain.slice(1).split('.');
    if (call !== '') steps.pop(); // a function
    const unknown = firstUnknown(steps, schema, isRoot);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

function firstUnknown(steps: readonly string[], schema: Structural, isRoot: boolean): string | undefined {
  let one: Structural | undefined = schema;
  for (const [index, step] of steps.entries()) {
    const isResource = (isRoot && index === 0) || one['x-kubernetes-embedded-resource'] === true;
    if (isResource && (step === 'apiVersion' || step === 'kind')) return undefined;
    if (isResource && step === 'metadata') {
      const field = steps[index + 1];
      return field === undefined || field === 'name' || field === 'generateName' ? undefined : field;
    }
    const next: Structural | undefined = one.properties?.[unescaped(step)] ?? additionalOf(one);
    if (next === undefined) return step;
    one = next;
  }
  return undefined;
}
