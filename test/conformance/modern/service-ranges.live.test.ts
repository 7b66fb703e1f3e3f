// ServiceCIDRs and IPAddresses as objects.
import { ipAddresses, serviceCIDRs } from '#lib/api/resources.ts';
import { supportsOperations } from './support/api-operations.ts';
import { spec } from './support/spec.ts';

spec('[sig-network] ServiceCIDR and IPAddress API should support IPAddress API operations [Conformance]', async (c) => {
  const third = Number.parseInt(c.id.slice(0, 2), 16);
  const parentRef = { group: '', resource: 'services', namespace: c.namespace, name: 'none' };
  await supportsOperations(c, ipAddresses, {
    draft: (index) => ({ metadata: { name: `192.168.${third}.${index}` }, spec: { parentRef } }),
  });
});

spec(
  '[sig-network] ServiceCIDR and IPAddress API should support ServiceCIDR API operations [Conformance]',
  async (c) => {
    const third = Number.parseInt(c.id.slice(0, 2), 16);
    const given = await c.client.get(serviceCIDRs, { name: 'kubernetes' }, c.signal);
    c.t.true((given.spec?.cidrs ?? []).length > 0);
    c.t.true(given.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'));
    const condition = {
      type: 'Custom',
      status: 'True' as const,
      reason: 'E2E',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    await supportsOperations(c, serviceCIDRs, {
      draft: (index) => ({ metadata: {}, spec: { cidrs: [`192.168.${third}.${index * 16}/28`] } }),
      status: { patch: { conditions: [condition] }, update: { conditions: [condition] } },
    });
  },
);
