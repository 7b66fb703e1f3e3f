import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { createProvide, readProviders } from './providers.ts';

const config = (rest: object = {}) =>
  JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1',
    kind: 'CredentialProviderConfig',
    providers: [
      {
        name: 'cloud',
        matchImages: ['*.cloud.example', 'r.example:5000/team'],
        defaultCacheDuration: '10m',
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
        args: ['get'],
        env: [{ name: 'REGION', value: 'a' }],
        ...rest,
      },
    ],
  });

function setUp(answer: object) {
  const clock = createFakeClock();
  const asked: unknown[] = [];
  const exec: Exec = async (file, args, _signal, options) => {
    asked.push([file, ...args, options?.env, JSON.parse(options?.input ?? '')]);
    return { stdout: JSON.stringify({ kind: 'CredentialProviderResponse', ...answer }), stderr: '', exitCode: 0 };
  };
  const provide = createProvide({
    providers: readProviders(config()),
    folder: '/bin',
    exec,
    clock,
    log: createSilentLog(),
  });
  return { clock, asked, of: (image: string) => provide(image, new AbortController().signal) };
}
const auth = {
  '*.cloud.example': { username: 'u', password: 'p' },
  'a.cloud.example/x': { username: 'x', password: 'p' },
};

test('createProvide() asks the providers of an image, and takes what fits', async (t) => {
  const { asked, of } = setUp({ cacheKeyType: 'Image', auth });
  t.deepEqual(await of('a.cloud.example/x/app:1'), [
    { username: 'x', password: 'p' },
    { username: 'u', password: 'p' },
  ]);
  t.deepEqual(await of('r.example:5000/other/app'), []);
  t.deepEqual(asked, [
    [
      '/bin/cloud',
      'get',
      { REGION: 'a' },
      {
        kind: 'CredentialProviderRequest',
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
        image: 'a.cloud.example/x/app:1',
      },
    ],
  ]);
});

test('createProvide() remembers answers as long and as widely as they say', async (t) => {
  const { clock, asked, of } = setUp({ cacheKeyType: 'Registry', cacheDuration: '1m', auth });
  await of('a.cloud.example/x:1');
  await of('a.cloud.example/y:1');
  t.is(asked.length, 1);
  await of('b.cloud.example/y:1');
  t.is(asked.length, 2);
  await clock.advance(60_000);
  await of('a.cloud.example/x:1');
  t.is(asked.length, 3);
});

test('createProvide() goes on without what cannot be understood', async (t) => {
  t.deepEqual(await setUp({ kind: 'Other' }).of('a.cloud.example/x'), []);
  t.deepEqual(await setUp({ cacheKeyType: 'Universe', auth }).of('a.cloud.example/x'), []);
});

test('readProviders() refuses what cannot work', (t) => {
  const refuses = (rest: object, message: RegExp) => t.throws(() => readProviders(config(rest)), { message });
  refuses({ name: '../sh' }, /is no name of a provider/);
  refuses({ matchImages: [] }, /matchImages is required/);
  refuses({ apiVersion: 'v1' }, /apiVersion "v1" is not supported/);
  refuses({ defaultCacheDuration: undefined }, /defaultCacheDuration is required/);
  t.throws(() => readProviders('kind: Pod'), { message: /not a CredentialProviderConfig/ });
});
