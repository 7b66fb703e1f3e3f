import test from 'ava';
import type { Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import { memorySize } from './memory-size.ts';

const limited = (memory: string) => ({ name: memory, resources: { limits: { memory } } });
const sizes = test.macro<[Partial<PodSpec>, string | undefined, number | undefined]>({
  title: (title) => `memorySize() ${title}`,
  exec(t, spec, sizeLimit, expected) {
    t.is(
      memorySize({ spec: { containers: [{ name: 'plain' }], ...spec } } as Pod, { memory: '1000' }, sizeLimit),
      expected,
    );
  },
});
test('is what the node has', sizes, {}, undefined, 1000);
test('is the volume’s own limit if that is less', sizes, {}, '10', 10);
test('is never more than the pod may have', sizes, { containers: [limited('20'), limited('30')] }, '999', 50);
test(
  'counts the largest init container',
  sizes,
  { containers: [limited('20')], initContainers: [limited('70')] },
  undefined,
  70,
);
test(
  'prefers the pod’s own limit',
  sizes,
  { resources: { limits: { memory: '40' } }, containers: [limited('20')] },
  undefined,
  40,
);
test('takes zero as no limit', sizes, {}, '0', 1000);
