import test from 'ava';
import { examplePod } from './example.ts';
import { podLogDirectory } from './paths.ts';
import { sandboxConfigOf } from './sandbox-config.ts';

test("a pod's logs lie below /var/log/pods, or where the configuration says, and the runtime is told so", (t) => {
  const pod = examplePod();
  t.is(podLogDirectory(pod), '/var/log/pods/default_web_u1');
  const dns = { clusterDns: [], clusterDomain: '', node: { servers: [], searches: [], options: [] }, isOff: true };
  const facts = { pod, attempt: 0, cgroupParent: '', users: undefined as never, ...dns };
  t.is(sandboxConfigOf(facts).logDirectory, '/var/log/pods/default_web_u1');
  t.is(sandboxConfigOf({ ...facts, podLogsDir: '/data/logs' }).logDirectory, '/data/logs/default_web_u1');
});
