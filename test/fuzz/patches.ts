import { isDeepStrictEqual } from 'node:util';
import { merged } from '#lib/api/apply/merge.ts';
import { shapeOf } from '#lib/api/apply/shape.ts';
import { conformObject } from '#lib/api/json/decode.ts';
import { applyJsonPatch } from '#lib/api/patch/json.ts';
import { applyMergePatch } from '#lib/api/patch/merge.ts';
import { applyStrategicPatch } from '#lib/api/patch/strategic.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import type { Random } from '../chaos/random.ts';
import { changedValue, someKey, someObject, someValue } from './make.ts';
import { examples } from './objects.ts';
import { attempted } from './refusals.ts';
import type { Target } from './target.ts';

/** Patches of all kinds: the object itself stays as it was. */
export const patches: Target = {
  name: 'patches',
  run(random) {
    const document = random.pick(examples);
    const { apiVersion, kind } = document;
    const [version = '', group = ''] = String(apiVersion).split('/').toReversed();
    const type = typeOfKind(group, version, String(kind))!;
    const before = structuredClone(document);
    const patch = random.next() < 0.5 ? changedValue(random, document) : someObject(random);
    const results = [
      attempted(() => applyJsonPatch(document, operations(random, document))),
      attempted(() => applyMergePatch(document, patch)),
      attempted(() => applyStrategicPatch(document, directed(random, patch), type)),
    ];
    const whole = attempted(() => conformObject((patch ?? {}) as Record<string, unknown>, type).object);
    if (whole !== undefined) merged(document, whole, shapeOf(type));
    for (const result of results) {
      if (typeof result === 'object' && result !== null) {
        attempted(() => conformObject(result as Record<string, unknown>, type));
      }
    }
    if (!isDeepStrictEqual(document, before)) throw new Error('The object itself has been changed');
  },
};

function operations(random: Random, document: unknown): unknown {
  if (random.next() < 0.05) return someValue(random);
  return Array.from({ length: random.between(0, 6) }, () => ({
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'other']),
    path: somePath(random, document),
    ...(random.next() < 0.5 ? { from: somePath(random, document) } : {}),
    ...(random.next() < 0.8 ? { value: someValue(random, 3) } : {}),
  }));
}

/** Mostly one that is there. */
function somePath(random: Random, document: unknown): unknown {
  if (random.next() < 0.05) return someValue(random, 1);
  let path = '';
  let at = document;
  for (let left = random.between(0, 5); left > 0; left--) {
    const known = typeof at === 'object' && at !== null ? Object.keys(at) : [];
    const key = known.length > 0 && random.next() < 0.8 ? random.pick(known) : someKey(random);
    path += `/${random.next() < 0.9 ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key}`;
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return path;
}

/** `patch` with directives in it. */
function directed(random: Random, patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.map((item) => directed(random, item));
  if (typeof patch !== 'object' || patch === null) return patch;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch)) {
    if (key !== '__proto__') result[key] = directed(random, value);
    if (random.next() < 0.1) result[`$setElementOrder/${key}`] = someValue(random, 2);
    if (random.next() < 0.05) result[`$deleteFromPrimitiveList/${key}`] = someValue(random, 2);
  }
  if (random.next() < 0.1) result['$patch'] = random.pick(['delete', 'replace', 'merge', 'other', null, 1]);
  if (random.next() < 0.05) result['$retainKeys'] = someValue(random, 2);
  return result;
}
