import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createLab, type Lab } from '../../registry/testing.ts';
import { createPlugins } from '../plugins.ts';

async function lab(labels: Readonly<Record<string, string>>, metrics = createMetrics()): Promise<Lab> {
  const it = await createLab({
    admission: (registry) => createPlugins({ registry, metrics, log: createSilentLog(), clock: createClock() }),
  });
  await it.ask('create', 'v1/namespaces', { body: { metadata: { name: 'a', labels } } });
  await it.ask('create', 'v1/serviceaccounts', { namespace: 'a', body: { metadata: { name: 'default' } } });
  return it;
}
const spec = { containers: [{ name: 'c', image: 'i' }], hostPID: true };
const makePod = (it: Lab, name: string) =>
  it.ask('create', 'v1/pods', { namespace: 'a', body: { metadata: { name }, spec } });

test('a pod that violates what is enforced is refused', async (t) => {
  await using it = await lab({ 'pod-security.kubernetes.io/enforce': 'baseline' });
  const { code, body } = await makePod(it, 'p');
  t.is(code, 403);
  t.is(body.message, 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)');
});

test('what would make such pods is warned of', async (t) => {
  await using it = await lab({ 'pod-security.kubernetes.io/enforce': 'baseline' });
  const labels = { app: 'a' };
  const body = {
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
  const { code, headers } = await it.ask('create', 'apps/v1/deployments', { namespace: 'a', body });
  t.is(code, 201);
  t.regex(String(headers?.['warning']), /would violate PodSecurity \\"baseline:latest\\": host namespaces/);
});

test('a namespace that becomes stricter is warned of the pods in it; its labels must be right', async (t) => {
  await using it = await lab({});
  t.is((await makePod(it, 'p')).code, 201);
  const labelled = (level: string) => ({
    metadata: { name: 'a', labels: { 'pod-security.kubernetes.io/enforce': level } },
  });
  const wrong = await it.ask('update', 'v1/namespaces', { name: 'a', body: labelled('strict') });
  t.is(wrong.code, 422);
  t.is(
    wrong.body.message,
    'Namespace "a" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
  );
  const { code, headers } = await it.ask('update', 'v1/namespaces', { name: 'a', body: labelled('baseline') });
  t.is(code, 200);
  t.regex(String(headers?.['warning']), /violate the new PodSecurity enforce level/);
  t.regex(String(headers?.['warning']), /p: host namespaces/);
});

test('what is evaluated is counted, by mode', async (t) => {
  const metrics = createMetrics();
  const label = (mode: string) => `pod-security.kubernetes.io/${mode}`;
  await using it = await lab({ [label('enforce')]: 'baseline', [label('audit')]: 'restricted' }, metrics);
  await makePod(it, 'p');
  const counted = (values: string) =>
    new RegExp(
      `^pod_security_evaluations_total\\{${values},request_operation="create",resource="pod",subresource=""\\} 1$`,
      'm',
    );
  const text = metrics.render();
  t.regex(text, counted('decision="deny",policy_level="baseline",policy_version="latest",mode="enforce"'));
  t.regex(text, counted('decision="deny",policy_level="restricted",policy_version="latest",mode="audit"'));
  t.regex(
    text,
    /apiserver_admission_controller_admission_duration_seconds_count\{name="PodSecurity",operation="CREATE",rejected="true",type="validate"\} 1/,
  );
});
