import test from 'ava';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { allocationOf, sameAllocation, withAllocation } from './allocation.ts';

const of = (cpu: string) => ({ requests: { cpu } });
const pod = (whole: string, main: string) =>
  examplePod({ containers: [exampleContainer('main', { resources: of(main) })], resources: of(whole) });

test('a pod keeps what it and its containers were granted until they are granted something else', (t) => {
  const granted = allocationOf(pod('1', '500m'));
  t.deepEqual(withAllocation(pod('2', '700m'), granted).spec, pod('1', '500m').spec);
  t.false(sameAllocation(granted, allocationOf(pod('2', '500m'))));
  t.false(sameAllocation(granted, allocationOf(pod('1', '700m'))));
  t.true(sameAllocation(granted, allocationOf(pod('1', '500m'))));
});
