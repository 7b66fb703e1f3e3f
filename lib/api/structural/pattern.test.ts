import test from 'ava';
import { compileOrError, compilePattern } from './pattern.ts';

const matches = test.macro<[string, string, boolean]>({
  title: (_title, pattern, text, is) => `${pattern} ${is ? 'matches' : 'does not match'} ${JSON.stringify(text)}`,
  exec(t, pattern, text, is) {
    t.is(compilePattern(pattern)?.test(text), is);
  },
});
test(matches, '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'a-b', true);
test(matches, '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'a-', false);
test(matches, '^a.b$', 'a\rb', true);
test(matches, '^a.b$', 'a\nb', false);
test(matches, '^\\s$', '\u00a0', false);
test(matches, '(?i)abc', 'xABCx', true);
test(matches, '^[[:alpha:]]+$', 'abc', true);
test(matches, '\\pL', 'ä', true);
test(matches, '^(?P<name>a{20,30})$', 'a'.repeat(25), true);
test(matches, '\\Aa\\z', 'a', true);
test(matches, '^[]a]+$', ']a', true);

const refuses = test.macro<[string, string]>({
  title: (_title, pattern) => `compileOrError() refuses ${pattern}`,
  exec(t, pattern, message) {
    const made = compileOrError(pattern);
    t.is(made instanceof Error ? made.message : 'taken', message);
    t.is(compilePattern(pattern), undefined);
  },
});
test(refuses, '(', 'error parsing regexp: missing closing ): `(`');
test(refuses, '(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`');
test(refuses, 'a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`');
test(refuses, '(a{1,50}){1,50}b', 'error parsing regexp: invalid repeat count: `{1,50}`');
test(refuses, 'a**', 'error parsing regexp: invalid nested repetition operator: `**`');
test(refuses, '\\1', 'error parsing regexp: invalid escape sequence: `\\1`');

test('compilePattern() finds', (t) => {
  for (const pattern of ['[0-9]+', '\\p{Nd}+']) {
    const made = compilePattern(pattern)!;
    t.is(made.find('a12b3'), '12');
    t.deepEqual(made.findAll('a12b3c45'), ['12', '3', '45']);
    t.deepEqual(made.findAll('a12b3c45', 2), ['12', '3']);
    t.is(made.find('abc'), undefined);
  }
});

test('compileOrError() refuses at once what the engine would refuse when it is used', (t) => {
  const made = compileOrError(`^[a-z]${'9223372036854775807'.repeat(2_000)}+$`);
  t.is(made instanceof Error ? made.message : 'taken', 'error parsing regexp: expression too large');
  t.true(compilePattern(`^[a-z]${'9'.repeat(5_000)}+$`)?.test(`a${'9'.repeat(5_000)}`));
});
