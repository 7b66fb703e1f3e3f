import test from 'ava';
import { readEnvFile } from './env-file.ts';

const text = [
  '# comment',
  '',
  "  A='one' # said",
  "B='two",
  " lines'",
  "EMPTY=''",
  "SHELL= 'x'",
  "A='second'",
  '',
].join('\n');
const reads = test.macro<[string, string | undefined]>({
  title: (_title, key, value) => `readEnvFile() has ${JSON.stringify(value)} for ${key}`,
  exec: (t, key, value) => t.is(readEnvFile(text, key), value),
});
test(reads, 'A', 'one');
test(reads, 'B', 'two\n lines');
test(reads, 'EMPTY', '');
test(reads, 'SHELL', '');
test(reads, 'NONE', undefined);

const refuses = test.macro<[string, string]>({
  title: (_title, line, words) => `readEnvFile() refuses ${JSON.stringify(line)}: ${words}`,
  exec: (t, line, words) => {
    const { message } = t.throws(() => readEnvFile(`OK='1'\n${line}`, 'X'), { instanceOf: RangeError });
    t.true(message.endsWith(words), message);
  },
});
test(refuses, 'A', "at line 2: missing '='");
test(refuses, "='x'", 'at line 2: empty variable name');
test(refuses, "A ='x'", "at line 2: whitespace before '=' is not allowed");
test(refuses, 'A=x', 'at line 2: value must be enclosed in single quotes');
test(refuses, "A='x'y", 'at line 2: unexpected content after closing quote');
test(refuses, "A='x\ny", 'starting at line 2: unclosed single quote');
