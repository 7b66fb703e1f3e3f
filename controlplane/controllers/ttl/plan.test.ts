import test from 'ava';
import { ttlFor } from './plan.ts';

const is = test.macro<[number, number, number]>({
  title: (_title, nodes, before, seconds) => `ttlFor() is ${seconds} s with ${nodes} nodes after ${before} s`,
  exec(t, nodes, before, seconds) {
    t.is(ttlFor(nodes, before), seconds);
  },
});
test(is, 1, 0, 0);
test(is, 100, 0, 0);
test(is, 101, 0, 15);
test(is, 90, 15, 15);
test(is, 89, 15, 0);
test(is, 5_000, 0, 300);
test(is, 1_799, 300, 60);
