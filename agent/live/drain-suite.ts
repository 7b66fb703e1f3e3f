import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { ProxyMode } from '../proxy/backend.ts';
import { exampleEndpoint, exampleService, exampleSlice } from '../proxy/example.ts';
import { until } from './becomes.ts';
import type { Flow } from './flow.ts';
import { createLab, type Lab, type LabPod, slower } from './lab.ts';

/** Targets come and go under load: no request is lost, and a connection stays with a target that gets no new ones. */
export async function drains(t: ExecutionContext, mode: ProxyMode): Promise<void> {
  const lab = await createLab(1, `skd${process.pid}`, mode);
  t.teardown(() => lab[Symbol.asyncDispose]());
  const [node] = lab.nodes as [Lab['nodes'][0]];
  await node.introduce();
  const client = await node.addPod('dc', 8080);
  const [a, b] = [await node.addPod('da', 8080), await node.addPod('db', 8080)];
  const serve = (...pods: readonly LabPod[]) =>
    node.feed({
      put: 'endpointSlices',
      objects: [
        exampleSlice(
          'flow',
          pods.map(({ ip }) => exampleEndpoint(ip, node.name)),
          { ports: [{ name: 'http', protocol: 'TCP', port: 8081 }] },
        ),
      ],
    });
  node.feed({ put: 'services', objects: [exampleService('flow', { clusterIP: '10.96.3.2' })] });
  serve(a);
  const child = client.start(process.execPath, [join(import.meta.dirname, 'flow.ts'), '10.96.3.2']);
  const said = await sayOf(child);
  await until(said, ({ answered, failed, breaks }) => answered > 0 && failed + breaks === 0);
  for (let round = 0; round < 3; round++) {
    for (const pods of [[a, b], [b], [a, b], [a]]) {
      serve(...pods);
      await delay(settleMs);
    }
  }
  const flow = await said();
  t.log(flow);
  t.like(flow, { failed: 0, breaks: 0 });
  t.true(flow.answered > 10 && flow.echoes > 5);
  serve(b);
  const listed = () => node.run('ipvsadm', ['--list', '--numeric']);
  const quiescent = new RegExp(`${a.ip}:8081 +Masq +0 `);
  t.regex(await until(listed, (text) => quiescent.test(text)), quiescent);
  t.like(await said(), { failed: 0, breaks: 0 });
  child.stdin!.end();
  await once(child, 'exit');
  const isGone = async () => !(await listed()).includes(a.ip);
  for (let tries = 80; tries > 0 && !(await isGone()); tries--) await delay(2_000);
  t.true(await isGone(), 'who has no connection left is taken away');
}
const settleMs = 400 * slower;

async function sayOf(child: ChildProcess): Promise<() => Promise<Flow>> {
  const lines = createInterface({ input: child.stdout! });
  await once(lines, 'line');
  return async () => {
    child.stdin!.write('\n');
    const [line] = (await once(lines, 'line')) as [string];
    return JSON.parse(line) as Flow;
  };
}
