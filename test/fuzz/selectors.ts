import { isDeepStrictEqual } from 'node:util';
import { matchesFields, parseFieldSelector } from '#lib/api/selectors/fields.ts';
import {
  isSelectedBy,
  matchesLabels,
  parseLabelSelector,
  selectorOf,
  selectorText,
} from '#lib/api/selectors/labels.ts';
import { changedText, changedValue, someObject } from './make.ts';
import { attempted } from './refusals.ts';
import type { Target } from './target.ts';

const texts = [
  'a=b',
  'a==b,c!=d',
  'a in (b,c),d notin (e)',
  '!a',
  'a',
  'a>1,b<2',
  'x/y=z',
  'app.kubernetes.io/name in (a)',
  '',
];
const tokens = [
  '=',
  '==',
  '!=',
  '!',
  ',',
  '(',
  ')',
  ' in ',
  ' notin ',
  '>',
  '<',
  '/',
  '\\',
  ' ',
  'a',
  '1',
  '__proto__',
  'ä',
  '-',
];
const fields = ['metadata.name=a', 'a.b!=c', 'a==b,c=d', 'a=\\,b', 'spec.nodeName=', ''];

export const selectors: Target = {
  name: 'selectors',
  run(random) {
    const labels = { a: 'b', c: 'd', app: 'x', '1': '2' };
    const selector = attempted(() => parseLabelSelector(changedText(random, random.pick(texts), tokens)));
    if (selector !== undefined) {
      matchesLabels(selector, labels);
      matchesLabels(selector, undefined);
      const again = parseLabelSelector(selectorText(selector));
      const isSame = isDeepStrictEqual(normal(again), normal(selector));
      if (!isSame) throw new Error(`${selectorText(selector)} reads as another selector`);
    }
    const field = attempted(() => parseFieldSelector(changedText(random, random.pick(fields), tokens)));
    if (field !== undefined) matchesFields(field, labels);
    const object = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] };
    const changed = changedValue(random, object) as never;
    if (isRead(changed)) {
      attempted(() => selectorOf(changed));
      attempted(() => isSelectedBy(changed, someLabels(someObject(random, 1))));
    }
  },
};

function normal(selector: ReturnType<typeof parseLabelSelector>): unknown {
  return selector.map((one) => JSON.stringify({ ...one, values: [...one.values].sort() })).sort();
}

/** What the decoder lets through: of the types that are declared. */
function isRead(value: unknown): boolean {
  const { matchLabels = {}, matchExpressions = [] } = (value ?? {}) as {
    matchLabels?: unknown;
    matchExpressions?: unknown;
  };
  const isTexts = (one: unknown): boolean => typeof one === 'string';
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof matchLabels === 'object' &&
    matchLabels !== null &&
    Object.values(matchLabels).every(isTexts) &&
    Array.isArray(matchExpressions) &&
    matchExpressions.every((one) => {
      if (typeof one !== 'object' || one === null) return false;
      const { key, operator, values = [] } = one;
      return isTexts(key) && isTexts(operator) && Array.isArray(values) && values.every(isTexts);
    })
  );
}

function someLabels(object: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, String(value)]));
}
