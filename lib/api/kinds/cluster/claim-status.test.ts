import test from 'ava';
import type { ResourceClaim } from '../../types/resource.v1.ts';
import { validateClaimStatus } from './claim-status.ts';

const result = { request: 'r', driver: 'd.example.com', pool: 'p', device: 'x' };
const says = test.macro<[object, object, ...(readonly string[])]>({
  title: (title) => `validateClaimStatus() judges ${title}`,
  exec(t, report, bound, ...expected) {
    const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } };
    const { driver, pool, device } = result;
    const allocation = { devices: { results: [{ ...result, ...bound }] } };
    const status = { allocation, devices: [{ driver, pool, device, ...report }] };
    const next = { metadata: { name: 'a' }, spec, status } as unknown as ResourceClaim;
    const causes = validateClaimStatus(next, { ...next, status: {} } as ResourceClaim);
    t.deepEqual(
      causes.map(({ field, reason }) => `${field} ${reason}`),
      expected,
    );
  },
});
const one = 'status.devices[0]';
test('a report', says, { data: { a: 1 }, networkData: { ips: ['10.0.0.1/24'] } }, {});
test('data that is no object', says, { data: [] }, {}, `${one}.data FieldValueInvalid`);
test(
  'a condition without a reason',
  says,
  { conditions: [{ type: 'A', status: 'True', lastTransitionTime: 'now' }] },
  {},
  `${one}.conditions[0].reason FieldValueRequired`,
);
test(
  'an address twice',
  says,
  { networkData: { ips: ['10.0.0.1/24', '10.0.0.1/24'] } },
  {},
  `${one}.networkData.ips[1] FieldValueDuplicate`,
);
test(
  'an address without a prefix',
  says,
  { networkData: { ips: ['10.0.0.1'] } },
  {},
  `${one}.networkData.ips[0] FieldValueInvalid`,
);
test(
  'a long interface',
  says,
  { networkData: { interfaceName: 'x'.repeat(257) } },
  {},
  `${one}.networkData.interfaceName FieldValueTooLong`,
);
test(
  'what binds without failing',
  says,
  {},
  { bindingConditions: ['a'] },
  'status.allocation.devices.results[0].bindingFailureConditions FieldValueInvalid',
);
