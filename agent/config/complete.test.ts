import test from 'ava';
import { completeConfig } from './complete.ts';
import { optionsOf } from './options-of.ts';

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

test('completeConfig() tells nothing from zero where upstream does', (t) => {
  const given = { resolvConf: '', healthzPort: 0, eventRecordQPS: 0, nodeStatusMaxImages: 0, podPidsLimit: 0 };
  t.like(completeConfig(given).config, given);
  t.like(completeConfig({ maxPods: 0, port: 0 }).config, { maxPods: 110, port: 10_250 });
});
test('completeConfig() has the defaults of upstream that depend on other fields', (t) => {
  const { config } = completeConfig({});
  t.like(config, { serializeImagePulls: true, cpuManagerPolicy: 'none', nodeStatusReportFrequency: '5m0s' });
  t.deepEqual(config['evictionHard'], {
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
  });
  t.like(config['crashLoopBackOff'], { maxContainerRestartPeriod: '5m0s' });
  t.false(completeConfig({ maxParallelImagePulls: 3 }).config['serializeImagePulls']);
  t.is(completeConfig({ nodeStatusUpdateFrequency: '20s' }).config['nodeStatusReportFrequency'], '20s');
  const evictionHard = { 'memory.available': '1Gi' };
  t.deepEqual(completeConfig({ evictionHard }).config['evictionHard'], evictionHard);
  t.like(completeConfig({ evictionHard, mergeDefaultEvictionSettings: true }).config['evictionHard'], {
    'memory.available': '1Gi',
    'nodefs.available': '10%',
  });
});
const refused = test.macro((t, given: object, words: string) => {
  t.throws(() => completeConfig(given as Record<string, unknown>), { message: `invalid configuration: ${words}` });
});
test(
  'completeConfig() refuses a port that is none',
  refused,
  { port: 70_000 },
  'port (--port) 70000 must be between 1 and 65535, inclusive',
);
test(
  'completeConfig() refuses image thresholds the wrong way round',
  refused,
  { imageGCLowThresholdPercent: 90 },
  'imageGCLowThresholdPercent (--image-gc-low-threshold) 90 must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) 85',
);
test(
  'completeConfig() refuses pulls that are serial and parallel',
  refused,
  { serializeImagePulls: true, maxParallelImagePulls: 2 },
  'maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false',
);
test(
  'completeConfig() refuses a restart period that is too long',
  refused,
  { crashLoopBackOff: { maxContainerRestartPeriod: '10m' } },
  'CrashLoopBackOff.MaxContainerRestartPeriod (got: 600 seconds) must be set between 1 and 300 seconds',
);
test(
  'completeConfig() refuses a grace period of critical pods beyond the whole',
  refused,
  { shutdownGracePeriodCriticalPods: '5s' },
  'shutdownGracePeriodCriticalPods must be less than or equal to shutdownGracePeriod',
);
test(
  'completeConfig() refuses what nobody can enforce',
  refused,
  { enforceNodeAllocatable: ['kube-reserved'] },
  'kubeReservedCgroup (--kube-reserved-cgroup) must be specified when "kube-reserved" contained in enforceNodeAllocatable (--enforce-node-allocatable)',
);
test(
  'completeConfig() refuses a word that is no choice',
  refused,
  { topologyManagerScope: 'node' },
  'topologyManagerScope "node" must be one of: ["container" "pod"]',
);

test(
  'completeConfig() refuses to reserve what is no amount',
  refused,
  { kubeReserved: { cpu: 'lots' } },
  'kubeReserved.cpu "lots" must be a quantity',
);
test(
  'completeConfig() refuses to reserve what cannot be',
  refused,
  { systemReserved: { gpu: '1' } },
  'cannot reserve "gpu" resource in systemReserved',
);
test(
  'completeConfig() refuses a threshold that is none',
  refused,
  { evictionHard: { 'memory.available': '10 %' } },
  'evictionHard["memory.available"] "10 %" must be a quantity or a percent',
);

for (const [podLogsDir, words] of [
  ['logs', 'pod logs path "logs" must be absolute path'],
  ['/var/log/../pods', 'pod logs path "/var/log/../pods" must be normalized'],
  ['/var/log/pods/', 'pod logs path "/var/log/pods/" must be normalized'],
  ['/var/log/p\u00f6ds', 'pod logs path "/var/log/p\u00f6ds" mut contains ASCII characters only'],
]) {
  test(`completeConfig() refuses ${podLogsDir} as the folder of logs`, refused, { podLogsDir }, words!);
}

test('optionsOf() hands on what the agent goes by', (t) => {
  const of = (given: Record<string, unknown>) => optionsOf(completeConfig(given).config);
  t.like(of({}), {
    parallelPulls: 1,
    pullRate: { perSecond: 5, burst: 10 },
    podLogsDir: '/var/log/pods',
    runtimeTimeoutMs: 120_000,
    reserve: { isEnforced: true },
    clusterDns: undefined,
    oomScoreAdj: -999,
  });
  t.like(of({}).serving, { healthzAddress: '127.0.0.1:10248', hasDebugging: true, minVersion: 'TLSv1.2' });
  t.false('nodeLookMs' in of({}));
  t.like(of({ clusterDNS: ['10.0.0.10', '10.0.0.11'], serializeImagePulls: false, imageMaximumGCAge: '24h' }), {
    clusterDns: '10.0.0.10,10.0.0.11',
    parallelPulls: 64,
    imageCollection: { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000, maximumAgeMs: 86_400_000 },
  });
  const kubeReserved = { cpu: '100m' };
  t.like(of({ kubeReserved, enforceNodeAllocatable: ['none'] }).reserve, { kubeReserved, isEnforced: false });
  t.deepEqual(
    of({
      address: '127.0.0.1',
      healthzPort: 0,
      enableDebuggingHandlers: false,
      tlsMinVersion: 'VersionTLS13',
      tlsCipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
    }).serving,
    {
      host: '127.0.0.1',
      healthzAddress: '',
      hasDebugging: false,
      hasSystemLogs: true,
      volumeStatsMs: 60_000,
      minVersion: 'TLSv1.3',
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
    },
  );
  t.like(of({ runtimeRequestTimeout: '15m', volumeStatsAggPeriod: '-1s' }), {
    runtimeTimeoutMs: 900_000,
    serving: { volumeStatsMs: -1_000 },
  });
  t.throws(() => of({ tlsCipherSuites: ['TLS_NONE'] }), { message: /Cipher suite TLS_NONE not supported/ });
  const paths = { staticPodURL: 'http://a/', fileCheckFrequency: '3s', httpCheckFrequency: '5s' };
  t.is(of(paths).manifestPauseMs, 5_000);
  t.is(of({ ...paths, staticPodPath: '/etc/pods' }).manifestPauseMs, 3_000);
});
