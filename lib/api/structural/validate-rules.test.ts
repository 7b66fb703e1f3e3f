import test from 'ava';
import { compileExpression } from '#lib/cel/compile.ts';
import { validateRules } from './validate-rules.ts';

const says = test.macro<[string, RegExp | undefined]>({
  title: (_title, rule, expected) => `validateRules() ${expected === undefined ? 'takes' : 'refuses'} ${rule}`,
  exec(t, rule, expected) {
    const properties = {
      x: { type: 'integer' },
      'a-b': { type: 'string' },
      list: { type: 'array', items: { type: 'string' } },
    };
    const spec = { type: 'object', properties, 'x-kubernetes-validations': [{ rule }] };
    const [cause] = validateRules({ type: 'object', properties: { spec } }, 's', compileExpression);
    if (expected === undefined) t.is(cause, undefined);
    else t.regex(cause?.message ?? '', expected);
  },
});
test(says, 'self.x > 0', undefined);
test(says, 'self.x == oldSelf.x', undefined);
test(says, "self.a__dash__b.startsWith('self.y')", undefined);
test(says, 'self.list.all(one, one.size() < 5)', undefined);
test(says, 'has(self.x) && self.x > 1', undefined);
test(says, 'self.y > 0', /undefined field 'y'/);
test(says, 'self = 42', /Syntax error/);
test(says, "'a'", /must evaluate to a bool/);

const costs = test.macro<[object, string, string | undefined]>({
  title: (title) => `validateRules() ${title}`,
  exec(t, schema, rule, expected) {
    const spec = { ...schema, 'x-kubernetes-validations': [{ rule }] };
    const causes = validateRules({ type: 'object', properties: { spec } }, 's', compileExpression);
    const found = causes.filter(({ message }) => message?.includes('Forbidden: estimated rule cost'));
    t.is(/budget by factor of ([^(]*) \(/.exec(found[0]?.message ?? '')?.[1], expected);
    if (expected !== undefined) t.is(found[0]?.field, 's.properties[spec].x-kubernetes-validations[0].rule');
    t.deepEqual(
      causes.filter(({ message }) => !message?.includes('rule cost')),
      [],
    );
    if (expected !== undefined)
      t.deepEqual(validateRules({ type: 'object', properties: { spec } }, 's', compileExpression, true), []);
  },
});
const strings = { type: 'array', items: { type: 'string' } };
const fewStrings = { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 10 } };
const twice = 'self.all(x, self.all(y, x == y))';
test('refuses a loop in a loop over a list without end', costs, strings, twice, 'more than 100x');
test('takes a loop in a loop over a short list', costs, fewStrings, twice, undefined);
test(
  'takes a loop over a list without end',
  costs,
  { type: 'array', items: { type: 'integer' } },
  'self.all(x, x > 0)',
  undefined,
);
test(
  'refuses to search for one text without end in another',
  costs,
  { type: 'string' },
  'self.contains(self)',
  'more than 100x',
);
test('takes to compare texts without end', costs, { type: 'string' }, 'self == oldSelf', undefined);
test('counts how often a rule on items is judged', (t) => {
  const item = {
    type: 'string',
    maxLength: 1000,
    'x-kubernetes-validations': [{ rule: "self.matches('^[a-z0-9-]+$')" }],
  };
  const of = (maxItems: number) => validateRules({ type: 'array', maxItems, items: item }, 's', compileExpression);
  t.deepEqual(of(1000), []); // 401 characters' tens times 4 for each
  t.is(of(100_000)[0]?.message?.includes('budget by factor of 12.0x'), true, JSON.stringify(of(100_000)));
});
test('names what makes all rules of a schema cost too much', (t) => {
  const rules = Array.from({ length: 14 }, () => ({ rule: 'self.all(x, self.all(y, x == y))' }));
  const list = {
    type: 'array',
    maxItems: 900,
    items: { type: 'string', maxLength: 10 },
    'x-kubernetes-validations': rules,
  };
  const causes = validateRules({ type: 'object', properties: { list } }, 's', compileExpression);
  t.deepEqual(
    causes.map(({ field }) => field),
    [...[0, 1, 2, 3].map((index) => `s.properties[list].x-kubernetes-validations[${index}].rule`), 's'],
  );
  t.regex(causes[4]?.message ?? '', /rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1\.\d+x/);
});

const words = test.macro<[object, string]>({
  title: (title) => `validateRules() ${title}`,
  exec(t, rule, expected) {
    const one = { type: 'integer', 'x-kubernetes-validations': [rule as { rule: string }] };
    const causes = validateRules({ type: 'array', items: one, maxItems: 5 }, 's', compileExpression);
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      [expected],
    );
  },
});
const first = 's.items.x-kubernetes-validations[0]';
test(
  'refuses a rule on changes of what cannot be told from others',
  words,
  { rule: 'self == oldSelf' },
  `${first}.rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.items`,
);
test(
  'refuses an optional old value that is not looked at',
  words,
  { rule: "self > 0 && 'oldSelf' != ''", optionalOldSelf: true },
  `${first}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`,
);
test('refuses no rule', words, { rule: ' ' }, `${first}.rule: Required value: rule is not specified`);
test(
  'refuses two lines without a word on them',
  words,
  { rule: 'self\n> 0' },
  `${first}.message: Required value: message must be specified if rule contains line breaks`,
);
test(
  'refuses a message of two lines',
  words,
  { rule: 'self > 0', message: 'a\nb' },
  `${first}.message: Invalid value: "a\\nb": message must not contain line breaks`,
);
test(
  'refuses a reason of its own',
  words,
  { rule: 'self > 0', reason: 'Other' },
  `${first}.reason: Unsupported value: "Other": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
);
test(
  'refuses a path that leads nowhere',
  words,
  { rule: 'self > 0', fieldPath: '.x' },
  `${first}.fieldPath: Invalid value: ".x": fieldPath must be a valid path`,
);
