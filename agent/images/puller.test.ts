import test from 'ava';
import { createFakeCri } from '#cri/fake.ts';
import { createFakeClock } from '#lib/clock.ts';
import { examplePod } from '../pods/example.ts';
import { createPullRate } from './pull-rate.ts';
import type { PulledImages } from './pulled-images.ts';
import { createPuller, type PullerOptions } from './puller.ts';

function setUp(parallel?: number, rest: Partial<PullerOptions> = {}) {
  const clock = createFakeClock();
  const cri = createFakeCri(clock);
  const told: string[] = [];
  const puller = createPuller({
    images: cri.images,
    secretsOf: async () => [],
    record: (_pod, _pulling, _type, reason, message) => told.push(`${reason}: ${message}`),
    clock,
    ...(parallel === undefined ? {} : { parallel }),
    ...rest,
  });
  const { signal } = new AbortController();
  const ensure = (image: string, imagePullPolicy: 'Always' | 'Never' | 'IfNotPresent' = 'IfNotPresent') =>
    puller.ensure(examplePod(), { name: 'main', image, imagePullPolicy }, undefined, signal);
  const foresee = (image: string) => puller.foresee({ image, imagePullPolicy: 'IfNotPresent' }, signal);
  return { clock, cri, told, ensure, foresee };
}

test('ensure() fails, then holds back, and tells of both as upstream does', async (t) => {
  const { clock, told, ensure } = setUp();
  await t.throwsAsync(ensure('absent:1'), { message: /not found/ });
  t.regex(told.at(-2) ?? '', /^Failed: Failed to pull image "absent:1": .+: not found$/);
  t.is(told.at(-1), 'Failed: Error: ErrImagePull');
  const held = await t.throwsAsync(ensure('absent:1'));
  t.like(held, { reason: 'ImagePullBackOff', againMs: 10_000 });
  t.regex(held?.message ?? '', /^Back-off pulling image "absent:1": ErrImagePull: /);
  t.deepEqual(told.slice(-2), ['BackOff: Back-off pulling image "absent:1"', 'Failed: Error: ImagePullBackOff']);
  await clock.advance(10_000);
  t.like(await t.throwsAsync(ensure('absent:1')), { reason: 'ErrImagePull' });
  t.like(await t.throwsAsync(ensure('absent:1')), { reason: 'ImagePullBackOff', againMs: 20_000 });
});

test('ensure() names what can never be', async (t) => {
  const { told, ensure } = setUp();
  t.like(await t.throwsAsync(ensure('absent:1', 'Never')), { reason: 'ErrImageNeverPull' });
  t.is(told.at(-1), 'Failed: Error: ErrImageNeverPull');
  t.like(await t.throwsAsync(ensure('A B')), { reason: 'InvalidImageName' });
  t.is(told.at(-1), 'Failed: Error: InvalidImageName');
});

test('ensure() begins no more pulls than the rate lets it, whatever comes of them', async (t) => {
  const clock = createFakeClock();
  const { cri, ensure } = setUp(4, { begin: createPullRate({ perSecond: 2, burst: 3 }, clock) });
  for (const name of ['a:1', 'b:1', 'c:1', 'd:1', 'e:1', 'f:1']) cri.registry.add(name);
  await ensure('a:1');
  await t.throwsAsync(ensure('absent:1'), { message: /not found/ });
  await ensure('b:1');
  const late = { reason: 'ErrImagePull', message: 'pull QPS exceeded' };
  t.like(await t.throwsAsync(ensure('c:1')), late);
  await clock.advance(500); // room for one
  await ensure('d:1');
  t.like(await t.throwsAsync(ensure('e:1')), late);
  await ensure('a:1'); // it is here: nothing is pulled
  await clock.advance(60_000);
  for (const name of ['a:1', 'b:1', 'f:1']) await ensure(name, 'Always');
  t.like(await t.throwsAsync(ensure('d:1', 'Always')), late);
});

test('createPullRate() has no limit if that is 0', (t) => {
  const begin = createPullRate({ perSecond: 0, burst: 1 }, createFakeClock());
  for (let count = 0; count < 100; count++) t.notThrows(begin);
});

test('ensure() pulls no more at once than it may', async (t) => {
  const { cri, ensure } = setUp(2);
  let [now, most] = [0, 0];
  const gate = Promise.withResolvers<void>();
  const { pull } = cri.images;
  const names = ['a:1', 'b:1', 'c:1', 'd:1'];
  for (const name of names) cri.registry.add(name);
  Object.assign(cri.images, {
    async pull(...words: Parameters<typeof pull>) {
      most = Math.max(most, ++now);
      await gate.promise;
      now--;
      return await pull(...words);
    },
  });
  const all = Promise.all(names.map((name) => ensure(name)));
  await new Promise((resolve) => setImmediate(resolve));
  t.is(now, 2);
  gate.resolve();
  await all;
  t.is(most, 2);
});

test('foresee() spares ensure() the question for a second, and hides nothing that comes or goes', async (t) => {
  const { clock, cri, ensure, foresee } = setUp();
  let asked = 0;
  const { imageStatus } = cri.images;
  Object.assign(cri.images, {
    imageStatus: (...words: Parameters<typeof imageStatus>) => {
      asked++;
      return imageStatus(...words);
    },
  });
  cri.registry.add('here:1');
  await ensure('here:1');
  asked = 0;
  foresee('here:1');
  await clock.advance(10);
  foresee('here:1');
  await ensure('here:1');
  await ensure('here:1');
  t.is(asked, 1);
  await clock.advance(2_000);
  await ensure('here:1');
  t.is(asked, 2);

  foresee('later:1');
  await clock.advance(10);
  cri.registry.add('later:1');
  t.truthy(await ensure('later:1'));
});

test('ensure() pulls anew what the pod may not use as it is, and remembers with whose secret', async (t) => {
  const told: string[] = [];
  const pulled: PulledImages = {
    mayUse: (_image, _ref, own) => own.some(({ name }) => name === 'known'),
    begin: async (image) => void told.push(`begin ${image}`),
    came: async (image, _ref, secret) => void told.push(`came ${image} ${secret?.name}`),
    failed: async (image) => void told.push(`failed ${image}`),
    keepOnly: async () => {},
  };
  let name = 'keys';
  const json = btoa(JSON.stringify({ auths: { 'r.example': { username: 'u', password: 'p' } } }));
  const type = 'kubernetes.io/dockerconfigjson';
  const secretsOf = async () => [{ metadata: { name }, type, data: { '.dockerconfigjson': json } }];
  const { cri, ensure } = setUp(undefined, { pulled, secretsOf });
  cri.addImage('r.example/a:1');
  t.like(await t.throwsAsync(ensure('r.example/a:1', 'Never')), { reason: 'ErrImageNeverPull' });
  t.like(await t.throwsAsync(ensure('r.example/a:1')), { reason: 'ErrImagePull' });
  cri.registry.add('r.example/b:1');
  await ensure('r.example/b:1');
  t.deepEqual(told.splice(0), [
    'begin r.example/a:1',
    'failed r.example/a:1',
    'begin r.example/b:1',
    'came r.example/b:1 keys',
  ]);
  name = 'known';
  await ensure('r.example/b:1');
  t.deepEqual(told, []);
});
