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
