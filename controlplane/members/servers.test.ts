import test from 'ava';
import { urlsOf } from '../store/etcd/follow.ts';
import type { Member } from '../store/etcd/wire.ts';
import { etcdWords, firstMember } from './member.ts';
import { initialCluster } from './serve.ts';
import { faultOf } from './servers.ts';

const member = (name: string, host: string, isLearner = false): Member => ({
  ID: host,
  name,
  peerURLs: [`https://${host}:2380`],
  clientURLs: name === '' ? [] : [`https://${host}:2379`],
  isLearner,
});

test('faultOf() takes names of hosts and plain https URLs, and nothing that would change the command line of etcd', (t) => {
  t.is(faultOf({ name: 'server-2', peerUrl: 'https://192.0.2.2:2380' }), undefined);
  t.is(faultOf({ name: 'a.example', peerUrl: 'https://[2001:db8::2]:2380' }), undefined);
  for (const name of ['', 'A', 'a=b', 'a,b', '-a', 'a'.repeat(300), 7, undefined]) {
    t.regex(faultOf({ name, peerUrl: 'https://192.0.2.2:2380' }) ?? '', /^name/, `${name}`);
  }
  for (const peerUrl of ['', 'http://192.0.2.2:2380', 'https://192.0.2.2:2380/', 'https://a,b=https://c', 1]) {
    t.regex(faultOf({ name: 'a', peerUrl }) ?? '', /^peerUrl/, `${peerUrl}`);
  }
  t.regex(faultOf(null) ?? '', /^name/);
});

test('initialCluster() names the newcomer and leaves out others that have never started', (t) => {
  const members = [member('one', '192.0.2.1'), member('', '192.0.2.2', true), member('', '192.0.2.3', true)];
  t.is(
    initialCluster({ name: 'two', peerUrl: 'https://192.0.2.2:2380' }, members),
    'one=https://192.0.2.1:2380,two=https://192.0.2.2:2380',
  );
});

test('urlsOf() has our own member first, and only those with a vote', (t) => {
  const members = [member('c', '192.0.2.3'), member('b', '192.0.2.2'), member('a', '192.0.2.1', true)];
  t.deepEqual(urlsOf({ members }, ['https://192.0.2.3:2379']), ['https://192.0.2.3:2379', 'https://192.0.2.2:2379']);
  t.deepEqual(urlsOf({ members }, ['https://192.0.2.1:2379']), ['https://192.0.2.2:2379', 'https://192.0.2.3:2379']);
  t.deepEqual(urlsOf({ members: [] }, ['https://192.0.2.1:2379']), ['https://192.0.2.1:2379']);
});

test('etcd is started to speak TLS alone, on addresses of its own', (t) => {
  const place = { name: 'one', address: '2001:db8::1', clientPort: 2379, peerPort: 2380 };
  const words = etcdWords('/d', firstMember(place));
  t.true(words.includes('--initial-cluster=one=https://[2001:db8::1]:2380'));
  t.true(words.includes('--client-cert-auth') && words.includes('--peer-client-cert-auth'));
  t.true(words.includes('--pre-vote'), 'who comes back ends no leadership');
  t.false(words.some((word) => word.includes('http://')));
});
