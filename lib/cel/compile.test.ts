import test from 'ava';
import { compileExpression } from './compile.ts';
import { lazyMap, toCel } from './values.ts';

const object = toCel({
  metadata: { name: 'a-1', labels: { x: 'y' } },
  spec: { replicas: 3, items: [1, 2, 3], cpu: '500m' },
});

const yields = test.macro<[string, unknown?]>({
  title: (_title, expression, value = true) => `${expression} is ${String(value)}`,
  exec(t, expression, value = true) {
    t.deepEqual(compileExpression(expression, ['object']).evaluate({ object }), value);
  },
});
for (const expression of [
  'object.spec.replicas <= 5',
  'object.spec.items.all(x, x < 4)',
  '!has(object.spec.foo) && has(object.spec.cpu)',
  'object.?spec.?foo.orValue(3) == 3',
  "object.metadata.name.matches('^a-[0-9]$')",
  "object.metadata.labels.exists(k, k == 'x')",
  "quantity(object.spec.cpu).isLessThan(quantity('1'))",
  "quantity('1Gi').compareTo(quantity('1024Mi')) == 0",
  "quantity('1').add(quantity('500m')) == quantity('1500m')",
  "quantity('2k').asInteger() == 2000 && !isQuantity('two')",
  "'abc123'.find('[0-9]+') == '123' && 'a1b22'.findAll('[0-9]+') == ['1', '22']",
  "'a-b-c'.replace('-', '') == 'abc' && 'a-b-c'.replace('-', '', 1) == 'ab-c'",
  'object.spec.items.isSorted() && object.spec.items.sum() == 6 && object.spec.items.max() == 3',
  "[1u, 2u].sum() == 3u && [duration('1h'), duration('30m')].sum() == duration('90m') && [1.5, 2.0].sum() == 3.5",
  '[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2',
  "ip('10.0.0.1').family() == 4 && isIP('::1') && !isIP('10.0.0.256') && ip('::1').isLoopback()",
  "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
  "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.1.2.3/8').prefixLength() == 8",
  "url('https://example.com:443/a?b=c').getHost() == 'example.com:443' && !isURL('::')",
  "url('https://example.com/a%20b').getEscapedPath() == '/a%20b' && url('/x').getHost() == ''",
  "semver('1.10.0').isGreaterThan(semver('1.9.3')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))",
  "ip.isCanonical('::1') && !ip.isCanonical('::01')",
  "semver('v1.02', true) == semver('1.2.0') && !isSemver('v1.0') && isSemver('v1.0', true)",
  'object.spec.items.all(i, v, v == i + 1) && object.spec.items.exists(i, v, i == 2 && v == 3)',
  "object.metadata.labels.exists(k, v, k == 'x' && v == 'y') && object.metadata.labels.existsOne(k, v, true)",
  'object.spec.items.existsOne(x, x == 2) && object.spec.items.exists_one(i, v, i == v) == false',
  'object.spec.items.transformList(i, v, i * v) == [0, 2, 6]',
  'object.spec.items.transformList(i, v, v > 1, i + v) == [3, 5]',
  "object.metadata.labels.transformMap(k, v, k + v) == {'x': 'xy'}",
  "object.metadata.labels.transformMap(k, v, v == 'z', v) == {}",
  "object.metadata.labels.transformMapEntry(k, v, {v: k}) == {'y': 'x'}",
  'sets.contains([1, 2, 3], [3, 1]) && sets.intersects([1], [1, 2]) && sets.equivalent([1, 2], [2, 1, 1])',
  "!sets.contains(['a'], ['b']) && sets.contains([{'a': 1}], [{'a': 1.0}])",
  'math.greatest(1, 3, 2) == 3 && math.least([2, 1]) == 1 && math.ceil(1.2) == 2.0 && math.abs(-2) == 2',
  'math.bitAnd(6, 3) == 2 && math.round(2.5) == 3.0 && math.sign(-3) == -1',
  "!format.dns1123Label().validate('a-b').hasValue()",
  "format.named('dns1123Label').value().validate('A').value().size() == 1 && !format.named('x').hasValue()",
  "format.date().validate('2021-02-31').hasValue() && !format.datetime().validate('2021-01-01T00:00:00Z').hasValue()",
  "!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue() && format.byte().validate('a').hasValue()",
  "!format.dns1123LabelPrefix().validate('a-').hasValue() && format.uri().validate('no uri').hasValue()",
  "'%s is %d, %.2f %x %%'.format(['a', 2, 1.5, 255]) == 'a is 2, 1.50 ff %'",
  "'%s %s'.format([[1, 'b'], {'k': true}]) == '[1, b] {k: true}'",
  'strings.quote(\'a"b\') == \'"a\\\\"b"\'',
  "object.?spec.?cpu.optMap(c, c + '!').orValue('') == '500m!' && !object.?none.optMap(c, c).hasValue()",
  'optional.of(1).optFlatMap(x, optional.of(x + 1)).value() == 2 && !optional.ofNonZeroValue(0).hasValue()',
  "{'constructor': 1, 2: 'b'}['constructor'] == 1 && {1: 'a', 2: 'b'}[2] == 'b'",
  "{?'a': object.?spec.?cpu, ?'b': object.?none} == {'a': '500m'} && [?object.?none, 1] == [1]",
  "'ABCÄ'.lowerAscii() == 'abcÄ' && 'a1'.matches('(?i)^A[[:digit:]]$')",
]) {
  test(yields, expression);
}

test('compileExpression() refuses what is none', (t) => {
  t.throws(() => compileExpression('object.', ['object']));
  t.throws(() => compileExpression('unknown == 1', ['object']));
  t.throws(() => compileExpression("1 + 'a'", []));
});

const fails = test.macro<[string]>({
  title: (_title, expression) => `${expression} has no such overload`,
  exec(t, expression) {
    t.throws(() => compileExpression(expression, []).evaluate({}), { message: /no such overload/ });
  },
});
for (const name of ['sum', 'min', 'max', 'isSorted']) test(fails, `[1, dyn(null)].${name}() == dyn(1)`);

test('An expression fails on what is not there', (t) => {
  const { evaluate } = compileExpression('object.spec.foo == 1', ['object']);
  t.throws(() => evaluate({ object }), { message: /no such key: foo/ });
});

const limit = { message: 'operation cancelled: actual cost limit exceeded' };

test('An expression ends once it has cost too much, whatever it makes of errors', (t) => {
  const many = toCel(Array.from({ length: 1000 }, () => 1));
  const run = (text: string) => () => compileExpression(text, ['object']).evaluate({ object: many });
  t.throws(run('object.all(a, object.all(b, object.all(c, a + b + c > 0)))'), limit);
  t.throws(run('object.all(a, object.all(b, a + b > 0)) || true'), limit);
  t.throws(run('true || false ? object.map(a, object.map(b, [a, b])).size() > 0 : true'), limit);
  t.is(run('object.map(a, a + 1).size()')(), 1000n);
});

test('What an expression makes is bounded before it is made', (t) => {
  const text = 'x'.repeat(10_000);
  const run = (expression: string) => () => compileExpression(expression, ['text']).evaluate({ text });
  t.throws(run("text.replace('', text).size() > 0"), limit);
  t.throws(run("text.split('').join(text).size() > 0"), limit);
  t.throws(run("text.split('').map(a, text.split('')).size() > 0"), limit);
});

test('Nothing that takes long is for nothing', (t) => {
  const items = toCel(Array.from({ length: 5000 }, (_, at) => ({ at, name: `n${at}` })));
  const other = toCel(Array.from({ length: 5000 }, (_, at) => ({ at, name: `n${at}` })));
  for (const text of [
    'sets.equivalent(items, other)',
    'sets.contains(items, other)',
    'items.all(a, items == other)',
    'items.map(a, items + other).size() > 0',
    "items.all(a, timestamp('2026-01-01T00:00:00Z').getHours('Europe/Berlin') >= 0)",
  ]) {
    t.throws(() => compileExpression(text, ['items', 'other']).evaluate({ items, other }), limit, text);
  }
});

test('A loop’s variable may be called as a library is', (t) => {
  const text = "['a'].all(ip, ip == 'a') && [1].exists(format, math, format == 0) && cel.bind(sets, 1, sets == 1)";
  t.true(compileExpression(text, []).evaluate({}));
});

test('A budget is shared', (t) => {
  const { evaluate } = compileExpression('[1, 2, 3].all(a, a > 0)', []);
  const budget = { left: 60 };
  t.true(evaluate({}, budget));
  t.true(budget.left < 60 && budget.left >= 0);
  t.throws(() => [1, 2, 3, 4].map(() => evaluate({}, budget)), { message: /running out of cost budget/ });
});

test('lazyMap() computes once, when asked, and sees a circle', (t) => {
  let count = 0;
  const map: Map<string, unknown> = lazyMap(
    new Map<string, () => unknown>([
      ['a', () => ++count],
      ['b', () => map.get('b')],
    ]),
  );
  t.is(count, 0);
  t.is(map.get('a'), 1);
  t.is(map.get('a'), 1);
  t.throws(() => map.get('b'), { message: /depends on itself/ });
});
