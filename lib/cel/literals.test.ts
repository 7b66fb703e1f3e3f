import test from 'ava';
import { withoutLiterals } from './literals.ts';

const messages = {
  isKnown: (name: string) => name === 'Object' || name.startsWith('Object.'),
  fieldsOf: (name: string) => (name === 'Object.closed' ? new Set(['a']) : undefined),
};

const becomes = test.macro<[string, string]>({
  title: (_title, text, plain) => `${text} is said as ${plain}`,
  exec(t, text, plain) {
    t.is(withoutLiterals(text, messages), plain);
  },
});
test(becomes, 'Object{}', '__message("Object", {})');
test(becomes, 'Object{a: b ? 1 : 2}', '__message("Object", {"a": b ? 1 : 2})');
test(
  becomes,
  'Object.a { b: Object.a.b{c: x[0]}, }',
  '__message("Object.a", { "b": __message("Object.a.b", {"c": x[0]}), })',
);
test(becomes, 'a ? Object{} : {}', 'a ? __message("Object", {}) : {}');
test(becomes, 'Object{?a: b}', '__message("Object", {"a": __entry( b)})');
test(becomes, "{?'a': b, 'c': d}", "__present({'a': __entry( b), 'c': d})");
test(becomes, '[?a, b, ?c]', '__present([__entry(a), b, __entry(c)])');
test(becomes, 'a[?b].orValue({c ? d : e: f})', 'a[?b].orValue({c ? d : e: f})');
test(becomes, 'a.?b.c', 'a.?b.c');
test(becomes, 'x in {1: 2} || x in [1]', 'x in {1: 2} || x in [1]');
test(becomes, `"Object{" + r'\\{' + '''?{''' // {?`, `"Object{" + r'\\{' + '''?{''' // {?`);
test(becomes, 'Object{a: "}"}', '__message("Object", {"a": "}"})');

test('withoutLiterals() refuses messages and fields that there are not', (t) => {
  t.throws(() => withoutLiterals('Other{}', messages), {
    message: "undeclared reference to 'Other' (in container '')",
  });
  t.throws(() => withoutLiterals('Object.closed{b: 1}', messages), { message: "undefined field 'b'" });
});
