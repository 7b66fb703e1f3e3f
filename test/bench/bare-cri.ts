// Run with a node's namespaces: bare-cri.ts ENDPOINT COUNT CGROUP-PARENT. The least that any node agent could do for
// COUNT pods of one container: RunPodSandbox, CreateContainer, StartContainer, sixteen pods at once, as the agent does.
// One goes before that is not counted: code that runs for the first time is slow. Prints {ms, each}.
import { openCri } from '#cri/containerd.ts';
import { containerConfig, sandboxConfig } from '#cri/suite.ts';
import { createClock } from '#lib/clock.ts';
import { createLimit } from '../../agent/limit.ts';
import { script } from './script.ts';

const [endpoint, countText, cgroupParent] = process.argv.slice(2);
if (endpoint === undefined || countText === undefined || cgroupParent === undefined) {
  process.stderr.write('usage: bare-cri.ts ENDPOINT COUNT CGROUP-PARENT\n');
  process.exit(2);
}
const cri = await openCri(endpoint, createClock());
const signal = AbortSignal.timeout(120_000);
await cri.runtime.version(signal);
const limit = createLimit(16);
const warm = await one(`bare-${process.pid}`);
await remove(warm.sandboxId);
const startedMs = performance.now();
const uids = Array.from({ length: Number(countText) }, (_, i) => `bare-${process.pid}-${i}`);
const made = await Promise.all(uids.map((uid) => limit(() => one(uid), signal)));
const ms = performance.now() - startedMs;
process.stdout.write(JSON.stringify({ ms, each: made.map((pod) => pod.ms) }));
await Promise.all(made.map(({ sandboxId }) => limit(() => remove(sandboxId), signal)));
cri.close();
process.exit(0);

async function remove(sandboxId: string): Promise<void> {
  await cri.runtime.stopSandbox(sandboxId, signal);
  await cri.runtime.removeSandbox(sandboxId, signal);
}

async function one(uid: string): Promise<{ sandboxId: string; ms: number }> {
  const fromMs = performance.now();
  const plain = sandboxConfig(uid);
  const sandbox = { ...plain, linux: { ...plain.linux, cgroupParent: `${cgroupParent}/${uid}` } };
  const sandboxId = await cri.runtime.runSandbox(sandbox, '', signal);
  const id = await cri.runtime.createContainer(
    sandboxId,
    containerConfig(uid, 'skiff.local/tools:1', script),
    sandbox,
    signal,
  );
  await cri.runtime.startContainer(id, signal);
  return { sandboxId, ms: performance.now() - fromMs };
}
