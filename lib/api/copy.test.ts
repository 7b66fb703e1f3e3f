import test from 'ava';
import { copyOf } from './copy.ts';

test('copyOf() shares nothing, and takes __proto__ for what it is: a key', (t) => {
  const value = JSON.parse('{"a":[1,{"b":null}],"c":{"__proto__":{"d":true}},"e":"x"}');
  const copy = copyOf(value);
  t.deepEqual(copy, value);
  t.is(JSON.stringify(copy), JSON.stringify(value));
  t.not(copy.a, value.a);
  t.not(copy.a[1], value.a[1]);
  t.not(copy.c, value.c);
  t.is(Object.getPrototypeOf(copy.c), Object.prototype);
});
