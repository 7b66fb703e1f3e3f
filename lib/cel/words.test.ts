import test from 'ava';
import { compileExpression } from './compile.ts';
import { toCel } from './values.ts';

const refuses = test.macro<[string, string]>({
  title: (_title, text) => `compileExpression() says what is wrong with ${JSON.stringify(text)}`,
  exec(t, text, message) {
    t.throws(() => compileExpression(text, ['object']), { message });
  },
});
test(refuses, 'none == 1', "ERROR: <input>:1:1: undeclared reference to 'none' (in container '')\n | none == 1\n | ^");
test(
  refuses,
  "object.a &&\n 1 + 'a' == 2",
  "ERROR: <input>:2:2: found no matching overload for '_+_' applied to '(int, string)'\n |  1 + 'a' == 2\n | .^",
);
test(
  refuses,
  "'a'.startsWith(1)",
  "ERROR: <input>:1:1: found no matching overload for 'startsWith' applied to 'string.(int)'\n | 'a'.startsWith(1)\n | ^",
);

test('compileExpression() says where the syntax ends', (t) => {
  t.throws(() => compileExpression('object.', ['object']), {
    message: /^ERROR: <input>:1:8: Syntax error: .*\n \| object\.\n \| \.{7}\^$/,
  });
});

const fails = test.macro<[string, string]>({
  title: (_title, text) => `evaluate() says why ${text} fails`,
  exec(t, text, message) {
    const { evaluate } = compileExpression(text, ['object']);
    t.throws(() => evaluate({ object: toCel({ a: [1], b: 'x' }) }), { message });
  },
});
test(fails, 'object.c == 1', 'no such key: c');
test(fails, 'object.a[3] == 1', 'index out of bounds: 3');
test(fails, 'object.b + 1 == 2', 'no such overload');
test(fails, '1 / 0 == 1', 'division by zero');
test(fails, "object.b.matches('(')", 'error parsing regexp: missing closing ): `(`');
