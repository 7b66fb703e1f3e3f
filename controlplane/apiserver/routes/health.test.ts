import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import type { Call } from '../handler.ts';
import { answerHealth } from './health.ts';
import { healthCounted } from './health-metrics.ts';

const checks = [
  { name: 'ping', problem: () => undefined },
  { name: 'etcd', problem: () => 'gone' },
  { name: 'shutdown', problem: () => undefined, isReadinessOnly: true },
];

const answers = test.macro<[string, number, string]>({
  title: (_title, path) => `answerHealth() answers ${path}`,
  exec(t, path, status, body) {
    const url = new URL(path, 'https://a');
    const call = { info: { path: url.pathname }, request: { query: url.searchParams } } as unknown as Call;
    t.like(answerHealth(call, checks), { status, body });
  },
});

const failed = '[-]etcd failed: reason withheld\n';
test(answers, '/livez', 500, `[+]ping ok\n${failed}livez check failed\n`);
test(answers, '/livez?exclude=etcd', 200, 'ok');
test(answers, '/livez?exclude=etcd&verbose', 200, '[+]ping ok\n[+]etcd excluded: ok\nlivez check passed\n');
test(
  answers,
  '/readyz?exclude=etcd&exclude=nix&verbose',
  200,
  '[+]ping ok\n[+]etcd excluded: ok\n[+]shutdown ok\nwarn: some health checks cannot be excluded: no matches for "nix"\nreadyz check passed\n',
);
test(answers, '/livez/ping', 200, 'ok');
test(answers, '/livez/etcd', 500, 'internal server error: gone\n');
test(answers, '/livez/shutdown', 404, '404 page not found\n');

test('healthCounted() counts how checks went', (t) => {
  const metrics = createMetrics();
  const counted = healthCounted(checks, 'livez', metrics);
  for (const { problem } of counted.slice(0, 2)) problem();
  const text = metrics.render();
  t.regex(text, /^kubernetes_healthcheck\{name="ping",type="livez"\} 1$/m);
  t.regex(text, /^kubernetes_healthcheck\{name="etcd",type="livez"\} 0$/m);
  t.regex(text, /^kubernetes_healthchecks_total\{name="etcd",status="error",type="livez"\} 1$/m);
});
