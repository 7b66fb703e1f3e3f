import test from 'ava';
import { expand } from './expand.ts';

const known: Readonly<Record<string, string>> = { A: 'a', B: '$(A)', EMPTY: '' };
const expands = test.macro<[string, string]>({
  title: (_title, text, expected) => `expand() makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`,
  exec: (t, text, expected) => {
    t.is(
      expand(text, (name) => known[name]),
      expected,
    );
  },
});
test(expands, 'plain', 'plain');
test(expands, '$(A)-$(A)', 'a-a');
test(expands, '$(B)', '$(A)');
test(expands, '$(EMPTY)x', 'x');
test(expands, '$$(A)', '$(A)');
test(expands, '$$$(A)', '$a');
test(expands, '$(C)', '$(C)');
test(expands, '$(A', '$(A');
test(expands, '$A$', '$A$');
test(expands, '$()', '$()');
test(expands, '$($(A))', '$($(A))');
