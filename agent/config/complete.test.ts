import test from 'ava';
import { completeConfig } from './complete.ts';

test('completeConfig() fills in the defaults', (t) => {
  const { config, idle } = completeConfig({ maxPods: 20 });
  t.like(config, { maxPods: 20, port: 10_250, fileCheckFrequency: '20s', imageGCHighThresholdPercent: 85 });
  t.like(config['authentication'], { anonymous: { enabled: false }, webhook: { cacheTTL: '2m0s' } });
  t.deepEqual(idle, []);
});
test('completeConfig() takes zero for left out', (t) => {
  t.like(completeConfig({ fileCheckFrequency: '0s', syncFrequency: '0s', containerRuntimeEndpoint: '' }).config, {
    fileCheckFrequency: '20s',
    syncFrequency: '1m0s',
  });
});
test('completeConfig() refuses what is unknown or wrong, with its path', (t) => {
  const given = {
    maxPod: 3,
    authentication: { x509: { caFile: 'a' } },
    maxPods: 'many',
    syncFrequency: 'soon',
    userNamespaces: { idPerPod: 1 },
  };
  const { message } = t.throws(() => completeConfig(given))!;
  for (const words of [
    'unknown field "maxPod"',
    'unknown field "authentication.x509.caFile"',
    'unknown field "userNamespaces.idPerPod"',
    '"maxPods" must be a whole number',
    '"syncFrequency" must be a duration such as 1m30s',
  ]) {
    t.true(message.includes(words), message);
  }
});
test('completeConfig() refuses another kind', (t) => {
  t.throws(() => completeConfig({ apiVersion: 'v1', kind: 'Pod' }), { message: /not a KubeletConfiguration/ });
});
test('completeConfig() names what it knows and does not go by', (t) => {
  t.deepEqual(completeConfig({ cpuManagerPolicy: 'static', memorySwap: {}, maxPods: 7 }).idle, ['cpuManagerPolicy']);
});
