import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { http } from '#lib/http.ts';
import { createSilentLog } from '#lib/log.ts';
import { createStaticPods, type StaticPodsOptions } from './static-pods.ts';

const pod = (name: string, image = 'a:1') =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image }] },
  });

function follow(options: Partial<StaticPodsOptions>) {
  const clock = createFakeClock();
  const statics = createStaticPods({ nodeName: 'n1', clock, log: createSilentLog(), ...options });
  const changes: string[] = [];
  statics.onChange(
    (now, before, key) => void changes.push(`${now === undefined ? '-' : '+'}${before ? 'was ' : ''}${key}`),
  );
  const end = new AbortController();
  const running = statics.run(end.signal);
  const stop = async () => {
    end.abort();
    await running;
  };
  return { clock, statics, changes, stop };
}

/** Lets time pass until `is` holds: what is awaited meanwhile is real. */
async function until(clock: ReturnType<typeof createFakeClock>, is: () => boolean): Promise<void> {
  const giveUp = AbortSignal.timeout(20_000);
  while (!is()) {
    giveUp.throwIfAborted();
    await clock.advance(20_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('createStaticPods() follows a URL, with its headers, and keeps what it said last while that fails', async (t) => {
  let [text, status] = [pod('web'), 200];
  const keys: unknown[] = [];
  const server = http.createServer((request, response) => {
    keys.push(request.headers['x-key']);
    response.writeHead(status).end(text);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const manifestUrl = `http://127.0.0.1:${port}/pods`;
  const { clock, statics, changes, stop } = follow({ manifestUrl, manifestUrlHeaders: { 'x-key': 'k' } });
  t.false(statics.isComplete());
  await until(clock, () => statics.isComplete());
  t.deepEqual(changes.splice(0), ['+default/web-n1']);
  t.is(statics.get('default/web-n1')?.metadata.annotations?.['kubernetes.io/config.source'], 'http');
  t.is(keys[0], 'k');

  text = pod('web', 'a:2');
  await until(clock, () => changes.length > 0);
  t.deepEqual(changes.splice(0), ['-was default/web-n1', '+default/web-n1']);

  for (const [answer, code] of [
    ['', 200],
    ['nonsense: [', 200],
    ['gone', 404],
  ] as const) {
    [text, status] = [answer, code];
    const asked = keys.length;
    await until(clock, () => keys.length > asked + 1);
    t.deepEqual(changes, [], answer);
  }
  [text, status] = [JSON.stringify({ kind: 'PodList', items: [] }), 200];
  await until(clock, () => changes.length > 0);
  t.deepEqual(changes, ['-was default/web-n1']);
  await stop();
  server.close();
});

test('createStaticPods() follows a folder, and takes no notice of half-written files', async (t) => {
  const manifestPath = await mkdtemp(`${tmpdir()}/static-`);
  await writeFile(`${manifestPath}/a.yaml`, pod('a'));
  await writeFile(`${manifestPath}/.b.yaml`, pod('b'));
  const { clock, statics, changes, stop } = follow({ manifestPath });
  await until(clock, () => changes.length > 0);
  t.deepEqual(
    [...statics.list()].map(({ metadata }) => metadata.name),
    ['a-n1'],
  );
  await writeFile(`${manifestPath}/c.json`, pod('c'));
  await until(clock, () => changes.length > 1);
  await rm(`${manifestPath}/a.yaml`);
  await until(clock, () => changes.length > 2);
  t.deepEqual(changes, ['+default/a-n1', '+default/c-n1', '-was default/a-n1']);
  await stop();
  await rm(manifestPath, { recursive: true });
});
