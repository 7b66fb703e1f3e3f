import test from 'ava';
import { createLab, type Lab } from '../testing.ts';
import { goMap } from './invalid-patch.ts';

const at = { namespace: 'default', name: 'a' };
async function lab(): Promise<Lab> {
  const it = await createLab();
  const body = { metadata: { name: 'a' }, data: { k: 'v' } };
  await it.ask('create', 'v1/configmaps', { namespace: 'default', body });
  return it;
}

const patches = test.macro<[string, unknown, number, RegExp, string?]>({
  title: (title, type) => `a ${type} patch ${title}`,
  async exec(t, type, body, code, message, query = '') {
    await using it = await lab();
    const contentType = `application/${type}-patch+json`;
    const answer = await it.ask('patch', 'v1/configmaps', { ...at, body, contentType, query });
    t.is(answer.code, code);
    t.regex(answer.body.message, message);
  },
});
const wrong = { data: { k: 5 } };
const why = 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string';
test(
  'that leads to another type shows what it made',
  patches,
  'merge',
  wrong,
  422,
  new RegExp(`^ "" is invalid: patch: Invalid value: "\\{.*\\\\"k\\\\":5.*\\}": ${why}$`),
);
const replace = [{ op: 'replace', path: '/data/k', value: 5 }];
test(
  'that leads to another type shows what it made',
  patches,
  'json',
  replace,
  422,
  /"\{.*\\"k\\":5.*\}": json: cannot unm/,
);
const strategic = ' "" is invalid: patch: Invalid value: "map\\[data:map\\[k:5\\]\\]": cannot convert int64 to string';
test(
  'that leads to another type is shown itself',
  patches,
  'strategic-merge',
  wrong,
  422,
  new RegExp(`^${strategic}$`),
);
test(
  'that leads to another type shows large numbers, too',
  patches,
  'merge',
  '{"data":{"k":9007199254740993}}',
  422,
  /\{.*\\"k\\":9007199254740993.*\}": json: cannot unm/,
);
const unknown = { foo: 1 };
test(
  'with unknown fields is refused',
  patches,
  'merge',
  unknown,
  422,
  /: strict decoding error: unknown field "foo"$/,
  'fieldValidation=Strict',
);
test(
  'with unknown fields is refused',
  patches,
  'strategic-merge',
  unknown,
  422,
  /"map\[foo:1\]": strict decoding error: unk/,
  'fieldValidation=Strict',
);
test(
  'that is no map is refused',
  patches,
  'merge',
  [],
  400,
  /^error decoding patch: json: cannot unmarshal array into Go value of type map\[string\]interface \{\}$/,
);
test(
  'that is no map is refused',
  patches,
  'strategic-merge',
  [],
  400,
  /^json: cannot unmarshal array into Go value of type map\[string\]interface \{\}$/,
);
test(
  'that is no list is refused',
  patches,
  'json',
  {},
  400,
  /^error decoding patch: json: cannot unmarshal object into Go value of type \[\]handlers\.jsonPatchOp$/,
);

test('goMap() prints as Go does', (t) => {
  t.is(goMap({ b: [1, 'x', null], a: { c: true } }), 'map[a:map[c:true] b:[1 x <nil>]]');
});
