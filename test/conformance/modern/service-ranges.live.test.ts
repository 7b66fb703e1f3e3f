// The addresses of Services as objects.
import { ipAddresses } from '#lib/api/resources.ts';
import { supportsOperations } from './support/api-operations.ts';
import { spec } from './support/spec.ts';

spec('[sig-network] ServiceCIDR and IPAddress API should support IPAddress API operations [Conformance]', async (c) => {
  const third = Number.parseInt(c.id.slice(0, 2), 16);
  const parentRef = { group: '', resource: 'services', namespace: c.namespace, name: 'none' };
  await supportsOperations(c, ipAddresses, {
    draft: (index) => ({ metadata: { name: `192.168.${third}.${index}` }, spec: { parentRef } }),
  });
});
