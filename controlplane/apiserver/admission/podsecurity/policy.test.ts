import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { warningsOf } from './existing.ts';
import { policyOf, textOf } from './policy.ts';

const prefix = 'pod-security.kubernetes.io/';
const labels = (short: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(short).map(([key, value]) => [`${prefix}${key}`, value]));

const reads = test.macro<[Readonly<Record<string, string>>, string, (readonly string[])?]>({
  title: (_title, short) => `policyOf() reads ${JSON.stringify(short)}`,
  exec(t, short, expected, complaints = []) {
    const { enforce, audit, warn, causes } = policyOf(labels(short));
    t.is([enforce, audit, warn].map(textOf).join(' '), expected);
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      complaints,
    );
  },
});
test(reads, {}, 'privileged:latest privileged:latest privileged:latest');
test(reads, { enforce: 'restricted' }, 'restricted:latest privileged:latest restricted:latest');
test(
  reads,
  { enforce: 'baseline', 'enforce-version': 'v1.30', audit: 'restricted', warn: 'privileged' },
  'baseline:v1.30 restricted:latest privileged:latest',
);
test(
  reads,
  { enforce: 'strict', 'enforce-version': '1.30', warn: 'other' },
  'restricted:latest privileged:latest privileged:latest',
  [
    `metadata.labels[${prefix}enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted`,
    `metadata.labels[${prefix}enforce-version]: Invalid value: "1.30": must be "latest" or "v1.x"`,
    `metadata.labels[${prefix}warn]: Invalid value: "other": must be one of privileged, baseline, restricted`,
  ],
);

test('warningsOf() tells of each kind of violation once', (t) => {
  const pod = (name: string, spec: object): Pod => ({ metadata: { name }, spec: { containers: [], ...spec } }) as never;
  const baseline = { level: 'baseline' as const, minor: Number.POSITIVE_INFINITY };
  const all = [
    pod('c', { hostPID: true }),
    pod('a', { hostPID: true }),
    pod('b', { hostPID: true }),
    pod('d', { volumes: [{ name: 'v', hostPath: {} }] }),
    pod('e', {}),
  ];
  t.deepEqual(warningsOf('n', baseline, all), [
    'existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 2 other pods): host namespaces',
    'd: hostPath volumes',
  ]);
  t.deepEqual(warningsOf('n', baseline, []), []);
});
