import test from 'ava';
import type { Secret } from '#lib/api/types/core.v1.ts';
import { credentialsFor } from './credentials.ts';
import { isImageName, splitImageName } from './name.ts';

test('splitImageName() knows hosts by their dots and ports', (t) => {
  t.deepEqual(splitImageName('nginx'), { registry: 'docker.io', path: 'library/nginx' });
  t.deepEqual(splitImageName('me/app:1'), { registry: 'docker.io', path: 'me/app' });
  t.deepEqual(splitImageName('localhost:5000/a/b:1'), { registry: 'localhost:5000', path: 'a/b' });
  t.deepEqual(splitImageName(`r.example/a@sha256:${'0'.repeat(64)}`), { registry: 'r.example', path: 'a' });
});

test('isImageName() refuses what no registry could have', (t) => {
  for (const name of ['nginx', 'a.b:5000/c/d:Tag_1', `x@sha256:${'a'.repeat(64)}`, 'a__b/c-d'])
    t.true(isImageName(name), name);
  for (const name of ['', 'UPPER', 'a b', 'a:', ':a', '/a', 'a//b', 'nginx:latest:1']) t.false(isImageName(name), name);
});

function secret(auths: object): Secret {
  const json = btoa(JSON.stringify({ auths }));
  return { metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': json } };
}

test('credentialsFor() finds registries by host, wildcard and path, the most specific first', (t) => {
  const user = (username: string) => ({ username, password: 'p' });
  const secrets = [
    secret({
      'r.example': user('host'),
      'https://r.example/v1/': user('url'),
      'r.example/team': user('path'),
      '*.other': user('no'),
    }),
  ];
  const names = (image: string) => credentialsFor(image, secrets).map(({ auth }) => auth.username);
  t.deepEqual(names('r.example/team/app'), ['path', 'host', 'url']);
  t.deepEqual(names('r.example/teams/app'), ['host', 'url']);
  t.deepEqual(names('x.other/app'), ['no']);
  t.deepEqual(names('x.y.other/app'), []);
});

test('credentialsFor() reads `auth`, and nothing from what cannot be read', (t) => {
  const [found] = credentialsFor('r.example/a', [secret({ 'r.example': { auth: btoa('me:my:word') } })]);
  t.deepEqual(found?.auth, { username: 'me', password: 'my:word' });
  t.like(found?.secret, { name: 's', uid: '' });
  t.deepEqual(credentialsFor('r.example/a', [{ ...secret({}), data: { '.dockerconfigjson': btoa('{') } }]), []);
});
