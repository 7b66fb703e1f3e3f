import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { IPAddress } from '#lib/api/types/networking.v1.ts';
import { parseCidr } from '#lib/ip.ts';
import { addressObject } from './address-objects.ts';
import { planRepair } from './plan-repair.ts';

const nowMs = Date.parse('2026-01-01T01:00:00Z');

function service(name: string, ip: string): Service {
  return { metadata: { name, namespace: 'default' }, spec: { clusterIP: ip, clusterIPs: [ip] }, status: {} };
}

function object(ip: string, name: string, creationTimestamp = '2026-01-01T00:00:00Z'): IPAddress {
  const made = addressObject(ip, { namespace: 'default', name }) as IPAddress;
  return { ...made, metadata: { ...made.metadata, creationTimestamp } };
}

const repairs = test.macro<[readonly Service[], readonly IPAddress[], readonly string[]]>({
  title: (title) => `planRepair() ${title}`,
  exec(t, services, addresses, steps) {
    const plan = planRepair({ services, addresses, ranges: [parseCidr('10.96.0.0/12')!], nowMs });
    t.deepEqual(
      plan.map((step) =>
        [step.do, 'address' in step ? step.address : '', 'why' in step ? step.why.reason : ''].join(' ').trim(),
      ),
      steps,
    );
  },
});

test('leaves what fits', repairs, [service('a', '10.96.0.9')], [object('10.96.0.9', 'a')], []);
test('leaves a headless Service', repairs, [service('a', 'None')], [], []);
test('makes what lacks', repairs, [service('a', '10.96.0.9')], [], ['create 10.96.0.9 ClusterIPNotAllocated']);
test(
  'turns a wrong reference around',
  repairs,
  [service('a', '10.96.0.9')],
  [object('10.96.0.9', 'b')],
  ['recreate 10.96.0.9 ClusterIPNotAllocated'],
);
test(
  'leaves the first of two Services with one address',
  repairs,
  [service('a', '10.96.0.9'), service('b', '10.96.0.9')],
  [object('10.96.0.9', 'a')],
  ['complain  ClusterIPAlreadyAllocated'],
);
test('says that a range lacks', repairs, [service('a', '10.0.0.9')], [], ['complain  ClusterIPOutOfRange']);
test('removes what nobody has', repairs, [], [object('10.96.0.9', 'a')], ['remove 10.96.0.9']);
test('leaves what is young', repairs, [], [object('10.96.0.9', 'a', '2026-01-01T00:59:30Z')], []);
test("leaves other people's", repairs, [], [{ ...object('10.96.0.9', 'a'), metadata: { name: '10.96.0.9' } }], []);
