import test from 'ava';
import * as names from './names.ts';
import { wrongPort, wrongPortName } from './ports.ts';

const takes = test.macro<[(text: string) => readonly string[], string, ...(readonly string[])]>({
  title: (_title, rule, text, ...wrong) =>
    `${rule.name}() ${wrong.length === 0 ? 'takes' : 'refuses'} ${JSON.stringify(text).slice(0, 30)}`,
  exec: (t, rule, text, ...wrong) => {
    t.deepEqual([...rule(text)], [...wrong]);
  },
});
const {
  wrongDns1035Label,
  wrongDns1123Label,
  wrongDns1123Subdomain,
  wrongLabelValue,
  wrongPathSegment,
  wrongQualifiedName,
} = names;
const notLabel =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const notQualified =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
test(takes, wrongDns1123Label, 'a-1');
test(takes, wrongDns1123Label, 'A', notLabel);
test(takes, wrongDns1123Label, 'a.b', 'must not contain dots');
test(takes, wrongDns1123Label, 'a'.repeat(64), 'must be no more than 63 bytes');
test(takes, wrongDns1123Subdomain, 'a.b-c.1');
test(takes, wrongDns1123Subdomain, 'a'.repeat(254), 'must be no more than 253 bytes');
test(takes, wrongDns1035Label, 'a1');
test(takes, wrongQualifiedName, 'example.com/My_name');
test(takes, wrongQualifiedName, 'a');
test(takes, wrongQualifiedName, '/a', 'prefix part must be non-empty');
test(takes, wrongQualifiedName, 'a/', 'name part must be non-empty', `name part ${notQualified}`);
test(
  takes,
  wrongQualifiedName,
  'a/b/c',
  `a qualified name ${notQualified} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
);
test(takes, wrongLabelValue, '');
test(takes, wrongLabelValue, 'a_b.C');
test(takes, wrongPathSegment, 'system:node');
test(takes, wrongPathSegment, '..', "may not be '..'");
test(takes, wrongPathSegment, 'a/b%', "may not contain '/'", "may not contain '%'");
test(takes, wrongPortName, 'http-1');
test(takes, wrongPortName, '123', 'must contain at least one letter (a-z)');
test(takes, wrongPortName, 'a--b', 'must not contain consecutive hyphens');

test('wrongDns1035Label() refuses a digit in front, wrongPort() zero', (t) => {
  t.is(wrongDns1035Label('1a').length, 1);
  t.deepEqual(wrongPort(0), ['must be between 1 and 65535, inclusive']);
});
