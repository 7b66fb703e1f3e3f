import test from 'ava';
import type { Pod } from '../types/core.v1.ts';
import { containersAsTheyStand, standingRequests } from './standing.ts';

function pod(asked: string, has?: string, promised?: string, pending?: string): Pod {
  const status = {
    name: 'c',
    ...(has === undefined ? {} : { resources: { requests: { cpu: has } } }),
    ...(promised === undefined ? {} : { allocatedResources: { cpu: promised } }),
  };
  const conditions = pending === undefined ? [] : [{ type: 'PodResizePending', status: 'True', reason: pending }];
  return {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: asked } } }, { name: 'other' }] },
    status: { containerStatuses: [status], conditions },
  } as unknown as Pod;
}

const takes = test.macro<[string, Pod, number]>({
  title: (_title, what, _pod, milli) => `standingRequests() of ${what} are ${milli}m`,
  exec: (t, _what, one, milli) => t.is(standingRequests(one)['cpu'], milli),
});
test(takes, 'a pod that has not started', pod('1'), 1000);
test(takes, 'a pod as it was made', pod('1', '1000m', '1'), 1000);
test(takes, 'one that is to shrink', pod('500m', '1', '500m'), 1000);
test(takes, 'one that is to grow', pod('2', '1', '1'), 2000);
test(takes, 'one that waits for room to grow', pod('2', '1', '1', 'Deferred'), 2000);
test(takes, 'one that will never grow', pod('9', '1', '1', 'Infeasible'), 1000);
test(takes, 'one that was promised more', pod('500m', '500m', '2'), 2000);

test('containersAsTheyStand() of a pod as it was made is nothing new', (t) => {
  t.is(containersAsTheyStand(pod('1', '1000m', '1')), undefined);
});

test('standingRequests() keep to init containers that run on', (t) => {
  const base = pod('1', '1');
  const init = (restartPolicy?: string) => [{ name: 'i', restartPolicy, resources: { requests: { cpu: '1' } } }];
  const of = (restartPolicy?: string) =>
    ({
      ...base,
      spec: { ...base.spec, initContainers: init(restartPolicy) },
      status: { ...base.status, initContainerStatuses: [{ name: 'i', resources: { requests: { cpu: '3' } } }] },
    }) as unknown as Pod;
  t.is(standingRequests(of('Always'))['cpu'], 4000);
  t.is(standingRequests(of())['cpu'], 1000);
});
