// Tables of tests: a valid base object, each case names only its difference.
import test from 'ava';
import { isMap, type JsonMap, own, put } from '../patch/value.ts';
import type { KubeObject } from '../resource.ts';
import type { ApiObject } from './object.ts';
import { rulesOf } from './rules.ts';

/** `base` with `difference` merged in: maps merge, lists and the rest replace, undefined removes. */
export function differing(base: unknown, difference: unknown): unknown {
  if (!isMap(base) || !isMap(difference)) return structuredClone(difference);
  const result = structuredClone(base) as JsonMap;
  for (const key of Object.keys(difference)) {
    if (difference[key] === undefined) delete result[key];
    else put(result, key, differing(own(result, key), difference[key]));
  }
  return result;
}

/** The object as it would be stored. */
export function created(group: string, kind: string, object: unknown): ApiObject {
  const copy = structuredClone(object) as ApiObject;
  const rules = rulesOf(group, kind);
  rules.applyDefaults(copy);
  rules.prepareForCreate(copy);
  return copy;
}

/** Asserts what is wrong with `base` made different: `field: message`, in order. */
export function validates(group: string, kind: string, base: unknown) {
  return test.macro<[unknown, ...(readonly (string | RegExp)[])]>({
    title: (title) => `${kind} is ${title}`,
    exec(t, difference, ...expected) {
      const causes = rulesOf(group, kind).validate(created(group, kind, differing(base, difference)) as KubeObject);
      const texts = causes.map(({ field, message }) => `${field}: ${message}`);
      t.is(texts.length, expected.length, texts.join('\n'));
      for (const [index, text] of expected.entries()) {
        if (typeof text === 'string') t.is(texts[index], text);
        else t.regex(texts[index] ?? '', text);
      }
    },
  });
}

/** Asserts what is wrong with changing the stored `base` into `base` made different. */
export function updates(group: string, kind: string, base: unknown) {
  return test.macro<[unknown, ...(readonly RegExp[])]>({
    title: (title) => `${kind} ${title}`,
    exec(t, difference, ...expected) {
      const rules = rulesOf(group, kind);
      const previous = created(group, kind, base);
      const next = differing(previous, difference) as ApiObject;
      rules.applyDefaults(next);
      rules.prepareForUpdate(next, previous as KubeObject);
      const causes = rules.validateUpdate(next as KubeObject, previous as KubeObject);
      const texts = causes.map(({ field, message }) => `${field}: ${message}`);
      t.is(texts.length, expected.length, texts.join('\n'));
      for (const [index, text] of expected.entries()) t.regex(texts[index] ?? '', text);
    },
  });
}

/** Asserts the row of `base` made different, by column. */
export function shows(group: string, kind: string, base: unknown, nowMs: number) {
  return test.macro<[unknown, Readonly<Record<string, unknown>>]>({
    title: (title) => `${kind} shows ${title}`,
    exec(t, difference, expected) {
      const rules = rulesOf(group, kind);
      const { cells } = rules.row(differing(base, difference) as KubeObject, nowMs);
      t.is(cells.length, rules.columns.length);
      const shown = Object.fromEntries(rules.columns.map(({ name }, index) => [name, cells[index]]));
      t.like(shown, expected);
    },
  });
}
