import test from 'ava';
import { generateKey, renderRequest } from './certificate-request.ts';
import { describeRequest } from './signing.ts';

test('renderRequest() asks for what it is told, signed by the key', async (t) => {
  const key = await generateKey();
  const node = { commonName: 'system:node:a', organizations: ['system:nodes'] };
  const none = { dnsNames: [], ips: [], emails: [], uris: [] };
  t.deepEqual(await describeRequest(renderRequest(key, node)), { ...none, ...node });
  const names = { dnsNames: ['a', 'a.example'], ips: ['192.0.2.7', '2001:db8::7'] };
  t.deepEqual(await describeRequest(renderRequest(key, { ...node, ...names })), { ...none, ...node, ...names });
});

test('renderRequest() refuses what is no address', async (t) => {
  const key = await generateKey();
  t.throws(() => renderRequest(key, { commonName: 'a', organizations: [], ips: ['x'] }), { instanceOf: TypeError });
});
