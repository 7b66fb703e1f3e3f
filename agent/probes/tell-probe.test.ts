import test from 'ava';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { createProbeTeller } from './tell-probe.ts';

function setUp() {
  const told: string[] = [];
  const teller = createProbeTeller((_pod, type, reason, message, container) => {
    told.push(`${type} ${reason} ${container?.name} ${message}`);
  });
  return { told, ...teller };
}
const main = exampleContainer('main');

test('tell() says in Events what people should know of', (t) => {
  const { told, tell } = setUp();
  tell(examplePod(), main, 'readiness', { outcome: 'success', output: 'fine' }, 1);
  tell(examplePod(), main, 'readiness', { outcome: 'failure', output: 'bad' }, 1);
  tell(examplePod(), main, 'liveness', { outcome: 'unknown', output: 'lost' }, 1);
  tell(examplePod(), main, 'startup', { outcome: 'success', output: 'elsewhere', isWarning: true }, 1);
  t.deepEqual(told, [
    'Warning Unhealthy main Readiness probe failed: bad',
    'Warning Unhealthy main Liveness probe errored and resulted in unknown state: lost',
    'Warning ProbeWarning main Startup probe warning: elsewhere',
  ]);
});

test('render() counts probes under upstream’s names, until their pod is gone', (t) => {
  const { tell, render, forget } = setUp();
  tell(examplePod(), main, 'liveness', { outcome: 'success', output: '' }, 20);
  tell(examplePod(), main, 'liveness', { outcome: 'unknown', output: '' }, 20);
  const text = render();
  for (const line of [
    'prober_probe_total{probe_type="Liveness",result="successful",container="main",pod="web",namespace="default",pod_uid="u1"} 1',
    'prober_probe_total{probe_type="Liveness",result="unknown",container="main",pod="web",namespace="default",pod_uid="u1"} 1',
    'prober_probe_duration_seconds_bucket{probe_type="Liveness",container="main",pod="web",namespace="default",le="0.025"} 1',
    'prober_probe_duration_seconds_count{probe_type="Liveness",container="main",pod="web",namespace="default"} 1',
    '# TYPE prober_probe_duration_seconds histogram',
  ]) {
    t.true(text.includes(`${line}\n`), text);
  }
  forget(examplePod());
  t.notRegex(render(), /pod="web"/);
});
