import test from 'ava';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Informer, Listener } from '#lib/client/informer.ts';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { examplePod } from '../pods/example.ts';
import { configHash, configMirror, configSource } from './annotations.ts';
import { keepMirrors } from './keep-mirrors.ts';
import type { StaticPods } from './static-pods.ts';

const key = 'default/web-n1';
const staticPod = (hash: string): Pod =>
  examplePod(
    {},
    {
      metadata: {
        name: 'web-n1',
        namespace: 'default',
        uid: hash,
        annotations: { [configHash]: hash, [configSource]: 'file' },
      },
    },
  );

function setUp() {
  const clock = createFakeClock();
  const said: string[] = [];
  let own: Pod | undefined;
  let mirror: Pod | undefined;
  let isEnding = false;
  let made = 0;
  const listeners = {
    own: new Set<(now: Pod | undefined, before: Pod | undefined, key: string) => void>(),
    api: new Set<Listener<Pod>>(),
  };
  function show(next: Pod | undefined): void {
    const before = mirror;
    mirror = next;
    for (const tell of listeners.api) tell(next, before, key);
  }
  const client = {
    async create(_kind: unknown, pod: Pod) {
      said.push(`create ${pod.metadata.annotations?.[configMirror]} for ${pod.metadata.ownerReferences?.[0]?.name}`);
      show({ ...pod, metadata: { ...pod.metadata, uid: `mirror${made++}` } });
    },
    async delete(_kind: unknown, _name: unknown, _signal: unknown, options: { gracePeriodSeconds: number }) {
      said.push(`delete ${mirror?.metadata.uid} at once: ${options.gracePeriodSeconds === 0}`);
      show(undefined);
    },
  } as unknown as Client;
  const statics = {
    get: () => own,
    isComplete: () => true,
    synced: Promise.resolve(),
    onChange(listener: Parameters<StaticPods['onChange']>[0]) {
      listeners.own.add(listener);
      return () => listeners.own.delete(listener);
    },
  } as unknown as StaticPods;
  const informer = {
    get: () => mirror,
    synced: Promise.resolve(),
    onChange(listener: Listener<Pod>) {
      listeners.api.add(listener);
      return () => listeners.api.delete(listener);
    },
  } as unknown as Informer<Pod>;
  const end = new AbortController();
  const running = keepMirrors(
    {
      client,
      informer,
      statics,
      node: () => ({ metadata: { name: 'n1', uid: 'n' } }) as Node,
      isEnding: () => isEnding,
      onMirror: (uid) => void said.push(`tell of ${uid}`),
      clock,
      log: createSilentLog(),
    },
    end.signal,
  );
  return {
    said,
    show,
    pass: () => clock.advance(1_000),
    set(next: Pod | undefined) {
      const before = own;
      own = next;
      for (const tell of listeners.own) tell(next, before, key);
    },
    ending: (is: boolean) => void (isEnding = is),
    async stop() {
      end.abort();
      await running;
    },
  };
}

test('keepMirrors() makes a picture of a static pod, and makes it anew when it is deleted or shows another', async (t) => {
  const { said, show, set, pass, stop } = setUp();
  await pass();
  set(staticPod('h1'));
  await pass();
  t.deepEqual(said.splice(0), ['create h1 for n1', 'tell of h1']);
  show(undefined);
  await pass();
  t.deepEqual(said.splice(0), ['create h1 for n1', 'tell of h1']);
  set(staticPod('h2'));
  await pass();
  t.deepEqual(said.splice(0), ['delete mirror1 at once: true', 'create h2 for n1', 'tell of h2']);
  await stop();
});

test('keepMirrors() leaves the picture until the pod has ended, and leaves pods of others alone', async (t) => {
  const { said, show, set, ending, pass, stop } = setUp();
  await pass();
  set(staticPod('h1'));
  await pass();
  said.splice(0);
  ending(true);
  set(undefined);
  await pass();
  t.deepEqual(said, []);
  ending(false);
  await pass();
  t.deepEqual(said.splice(0), ['delete mirror0 at once: true']);
  show(examplePod());
  set(staticPod('h1'));
  await pass();
  t.deepEqual(said, []);
  await stop();
});
