// Whole objects of every kind with some of their fields missing, empty, doubled or odd: no rule may fail over them.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import type { ApiObject } from './object.ts';
import { rulesOf } from './rules.ts';

type Tree = Record<string, unknown>;
/** They come and go in requests and answers. */
const unstored = new Set(['APIGroupDiscovery', 'TokenRequest', 'Scale', 'RangeAllocation', 'Status', 'Eviction']);
const file = new URL('../protobuf/testdata/golden.jsonl.gz', import.meta.url);
const whole = gunzipSync(readFileSync(file))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line) => (JSON.parse(line) as { json: ApiObject }).json)
  .filter(({ metadata, kind }) => metadata !== undefined && !unstored.has(kind!));

test('objects that are spoilt in a few places break no rule', (t) => {
  const random = randomOf(20_261_122);
  const broken = new Set<string>();
  let checked = 0;
  for (const object of whole) {
    const [, group = ''] = /^(.*)\//.exec(object.apiVersion!) ?? [];
    for (let i = 0; i < 40; i++) {
      try {
        tryAll(group, object, random);
        checked++;
      } catch (error) {
        broken.add(`${object.apiVersion} ${object.kind}: ${(error as Error).stack?.split('\n').slice(0, 3).join(' ')}`);
      }
    }
  }
  t.deepEqual([...broken], []);
  t.true(checked > 2_000);
});

function tryAll(group: string, object: ApiObject, random: () => number): void {
  const rules = rulesOf(group, object.kind!);
  const [first, next, status] = [spoilt(object, random), spoilt(object, random), spoilt(object, random)];
  rules.applyDefaults(first);
  rules.prepareForCreate(first);
  rules.validate(first);
  rules.warnings(first);
  rules.applyDefaults(next);
  rules.prepareForUpdate(next, first);
  rules.validateUpdate(next, first);
  rules.warnings(next, first);
  rules.prepareForStatusUpdate(status, first);
  rules.validateStatusUpdate(status, first, 0);
  rules.selectableFields(status);
  rules.row(status, 0);
}

function spoilt(object: ApiObject, random: () => number): ApiObject {
  const copy = structuredClone(object);
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  for (let times = 1 + Math.floor(random() * 6); times > 0; times--) {
    const places = placesOf(copy as unknown as Tree).filter(({ top }) => !kept.has(top));
    if (places.length === 0) break;
    const { parent, key } = oneOf(places);
    const value = parent[key];
    if (random() < 0.5) {
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
    } else if (typeof value === 'string') parent[key] = oneOf(odd);
    else if (typeof value === 'number') parent[key] = oneOf([-1, 0, 1, 2 ** 31 - 1]);
    else if (typeof value === 'boolean') parent[key] = !value;
    else if (Array.isArray(value)) parent[key] = oneOf([[], [...value, ...structuredClone(value)]]);
    else parent[key] = {};
  }
  return copy;
}
const kept = new Set(['kind', 'apiVersion', 'metadata']);
const odd = ['', 'a', 'a/b c', '-1', '::1', '1.2.3.4', '10Gi', 'x'.repeat(300), '0', '*', '2026-01-01T00:00:00Z'];

interface Place {
  readonly parent: Tree;
  readonly key: string;
  /** The field of the whole object in which it lies. */
  readonly top: string;
}

function placesOf(parent: Tree, top?: string): readonly Place[] {
  return Object.entries(parent).flatMap(([key, value]) => [
    { parent, key, top: top ?? key },
    ...(typeof value === 'object' && value !== null ? placesOf(value as Tree, top ?? key) : []),
  ]);
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
