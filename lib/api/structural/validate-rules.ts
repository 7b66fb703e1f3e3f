// What a definition's rules in CEL may not be. Rule: apiextensions-apiserver, the part of
// ValidateCustomResourceDefinitionOpenAPISchema that compiles rules.
import { at, child, invalidValue, type Path, required } from '../field-errors.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import type { Compile } from './rules.ts';
import { additionalOf, itemsOf, type Structural } from './structural.ts';

/** Nothing, if all rules in `schema` can be judged by. */
export function validateRules(schema: Structural, path: Path, compile: Compile): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  visit(schema, path, true, compile, causes);
  return causes;
}

function visit(schema: Structural, path: Path, isRoot: boolean, compile: Compile, causes: StatusCause[]): void {
  for (const [index, { rule, messageExpression }] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const place = at(child(path, 'x-kubernetes-validations'), index);
    const say = (field: string, text: string, why: string) => causes.push(invalidValue(child(place, field), text, why));
    if (rule.trim() === '') {
      causes.push(required(child(place, 'rule'), 'rule is not specified'));
      continue;
    }
    const wrong = wrongRule(rule, 'bool', schema, isRoot, compile);
    if (wrong !== undefined) say('rule', rule, wrong);
    if (messageExpression === undefined) continue;
    const other = wrongRule(messageExpression, 'string', schema, isRoot, compile);
    if (other !== undefined) say('messageExpression', messageExpression, other);
  }
  for (const [key, one] of Object.entries(schema.properties ?? {})) {
    visit(one, child(path, `properties[${key}]`), false, compile, causes);
  }
  const items = itemsOf(schema);
  if (items !== undefined) visit(items, child(path, 'items'), false, compile, causes);
  const additional = additionalOf(schema);
  if (additional !== undefined) visit(additional, child(path, 'additionalProperties'), false, compile, causes);
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
  const code = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  for (const [, chain = '', call = ''] of code.matchAll(/(?<![\w.])(?:self|oldSelf)((?:\.[A-Za-z_]\w*)+)(\s*\()?/g)) {
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

function unescaped(name: string): string {
  const plain = name
    .replaceAll('__dot__', '.')
    .replaceAll('__dash__', '-')
    .replaceAll('__slash__', '/')
    .replaceAll('__underscores__', '__');
  return /^__[a-z]+__$/.test(plain) ? plain.slice(2, -2) : plain;
}
