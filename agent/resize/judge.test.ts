import test from 'ava';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { judgeResize } from './judge.ts';

const asking = (cpu: string) =>
  examplePod({ containers: [exampleContainer('main', { resources: { requests: { cpu } } })] });
const allocatable = { cpu: '2', memory: '1Gi', pods: '10' };

test('judgeResize() grants what there is room for', (t) => {
  t.is(judgeResize(asking('1'), [asking('1')], allocatable), undefined);
});
test('judgeResize() defers what others are in the way of', (t) => {
  t.deepEqual(judgeResize(asking('1500m'), [asking('1')], allocatable), {
    reason: 'Deferred',
    message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  });
});
test('judgeResize() says what can never be', (t) => {
  t.deepEqual(judgeResize(asking('3'), [], allocatable), {
    reason: 'Infeasible',
    message: "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000",
  });
});
