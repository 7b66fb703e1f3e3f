// Expressions in CEL: small changes of right ones, and ones put together by the grammar.

import { sizeOf } from '#lib/api/structural/sizes.ts';
import { type CompileOptions, compileExpression } from '#lib/cel/compile.ts';
import { CostError } from '#lib/cel/meter.ts';
import { fromCel, toCel } from '#lib/cel/values.ts';
import type { Random } from '../chaos/random.ts';
import { changedText } from './make.ts';
import type { Target } from './target.ts';

const right: readonly string[] = [
  'object.spec.replicas <= 5 && has(object.spec.paused)',
  'object.items.all(i, i.name.startsWith("a") || i.size > 2)',
  'object.items.map(i, i.size).sum() == 6 && object.items.filter(i, i.size > 1).size() == 2',
  'object.?spec.?none.orValue(3) == 3 && object.labels["a"] == "b"',
  'object.items.exists_one(i, i.size == 1) ? object.name : "other"',
  'object.items.transformMap(k, v, v.size > 1, v.name) == {1: "b", 2: "c"}',
  'object.labels.all(k, v, k.matches("^[a-z]+$") && v != "")',
  'quantity(object.cpu).add(quantity("1")).isGreaterThan(quantity("500m"))',
  'ip(object.ip).family() == 4 && cidr("10.0.0.0/8").containsIP(object.ip)',
  'url("https://a:1/b?c=d").getQuery()["c"][0] == "d"',
  'semver("1.2.3").isLessThan(semver("2.0.0")) && isSemver(object.name)',
  'object.text.split(" ").map(w, w.upperAscii()).join("-").replace("A", "b").lowerAscii()',
  'object.text.find("[a-z]+") + object.text.findAll("[0-9]*", 3)[0]',
  '"%s %d %.2f".format([object.name, object.count, 1.5])',
  'sets.intersects(object.numbers, [1, 2]) && object.numbers.isSorted() && object.numbers.max() > 1',
  'format.dns1123Label().validate(object.name).hasValue()',
  'cel.bind(a, object.items, a.size() > 0 && a[0].name == "a")',
  'timestamp("2026-01-01T00:00:00Z") + duration("1h") > timestamp(0)',
  '[1, 2.0, "a", b"x", null, true, {"k": [1u]}][int("2")]',
  'optional.of(object.name).optMap(n, n + "!").value() + string(dyn(1) + 2)',
  'math.greatest([1, 2]) == 2 && object.numbers.exists(i, v, i == v)',
  'Object{metadata: Object.metadata{labels: {"a": "b"}, ?annotations: object.?none}}',
  '[JSONPatch{op: "add", path: "/a/" + jsonpatch.escapeKey("b/c"), value: object.items}]',
  'type(object.count) == int && bytes("a").size() == 1 && !(object.count in object.numbers)',
  'int(object.name) > 1 || uint(3) < 4u || double("1.5") > 1.0 || bool("true")',
];

const tokens: readonly string[] =
  '( ) [ ] { } . , : ? ! && || == != < <= > >= + - * / % in object items .all(i, .map(x, x) .filter( .exists( .size() .split("") .join("") has( cel.bind(a, true false null 0 1 -1 9223372036854775807 1u 1.5 1e308 0x10 "a" \'b\' """c""" r"\\" b"\\xff" "\\u0041" ?. [? {? dyn( type( string( int( duration("1h") timestamp("x") .matches("(a|a)*b") .replace("", "aaaa") + [1] Object{ JSONPatch{op: i x a __proto__ constructor // comment'.split(
    ' ',
  );

const object = toCel({
  name: 'a-1',
  count: 3,
  cpu: '500m',
  ip: '10.0.0.1',
  text: 'one two 3 four',
  numbers: [1, 2, 3],
  labels: { a: 'b', c: 'd' },
  items: [
    { name: 'a', size: 1 },
    { name: 'b', size: 2 },
    { name: 'c', size: 3 },
  ],
  spec: { replicas: 3 },
});

const text = { type: 'string', maxLength: 20 };
const number = { type: 'integer' };
const sizes = sizeOf({
  type: 'object',
  properties: {
    name: text,
    count: number,
    text: { type: 'string' },
    numbers: { type: 'array', items: number },
    labels: { type: 'object', additionalProperties: text },
    items: { type: 'array', maxItems: 5, items: { type: 'object', properties: { name: text, size: number } } },
  },
});

export const expressions: Target = {
  name: 'expressions',
  run(random) {
    const text = random.next() < 0.6 ? changedText(random, random.pick(right), tokens) : someExpression(random, 5);
    const compiled = compiledForm(text, random.next() < 0.5 ? { mutates: true } : {});
    if (compiled === undefined) return;
    const cost = compiled.estimate?.({ object: sizes }) ?? 0;
    if (!(cost >= 0)) throw new Error(`An estimate of ${cost}`);
    const budget = { left: 2_000_000 };
    const value = answerOf(() => compiled.evaluate({ object }, budget));
    if (value instanceof Promise) throw new Error('An evaluation waits');
    answerOf(() => fromCel(value));
  },
};

function compiledForm(text: string, options: CompileOptions) {
  return answerOf(() => compileExpression(text, ['object'], options));
}

/** Undefined where `work` refuses in words of its own; what the engine itself throws is a fault of ours. */
function answerOf<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof CostError) return undefined;
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      if (isEngines(cause)) throw error;
    }
    return undefined;
  }
}

/** The library has a TypeError of its own, which has a summary. */
function isEngines(error: Error): boolean {
  const isNative = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return (isNative || error instanceof SyntaxError) && !('summary' in error);
}

function someExpression(random: Random, depth: number): string {
  const part = () => someExpression(random, depth - 1);
  if (depth === 0) return random.pick(leaves);
  switch (random.between(0, 13)) {
    case 0:
      return `${part()} ${random.pick(['&&', '||', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in'])} ${part()}`;
    case 1:
      return `(${part()})`;
    case 2:
      return `${part()} ? ${part()} : ${part()}`;
    case 3:
      return `[${part()}, ${part()}]`;
    case 4:
      return `{${part()}: ${part()}}`;
    case 5:
      return `${part()}.${random.pick(['all', 'exists', 'exists_one', 'map', 'filter', 'existsOne'])}(x, ${part()})`;
    case 6:
      return `${part()}.${random.pick(['all', 'exists', 'transformList', 'transformMap'])}(i, x, ${part()})`;
    case 7:
      return `${part()}.${random.pick(receivers)}()`;
    case 8:
      return `${part()}.${random.pick(receivers)}(${part()})`;
    case 9:
      return `${random.pick(functions)}(${part()})`;
    case 10:
      return `${part()}[${part()}]`;
    case 11:
      return `${random.pick(['!', '-'])}${part()}`;
    case 12:
      return `cel.bind(b, ${part()}, ${part()})`;
    default:
      return random.pick(leaves);
  }
}

const leaves =
  'object object.items object.numbers object.labels object.text object.count object.none x i b 0 1 -1 2 1u 1.5 "a" "" "1" true false null b"a" [] {} 9223372036854775807 object.?none optional.none() duration("1s") timestamp(0) quantity("1") ip("::1") url("/a") semver("1.0.0") "(a|b)*" "x y"'.split(
    / (?=(?:[^"]*"[^"]*")*[^"]*$)/,
  );
const receivers =
  'size startsWith endsWith contains matches find findAll split join replace trim lowerAscii upperAscii indexOf lastIndexOf substring charAt reverse format sum min max isSorted isInteger asInteger sign add sub family masked getHost getQuery major compareTo hasValue value orValue or getFullYear getHours validate toString constructor'.split(
    ' ',
  );
const functions =
  'size int uint double string bool bytes type dyn duration timestamp quantity isQuantity ip isIP cidr isCIDR url isURL semver isSemver has format.named math.abs math.ceil math.greatest strings.quote optional.of ip.isCanonical'.split(
    ' ',
  );
