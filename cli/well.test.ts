import test from 'ava';
import { livenessUrl } from './well.ts';

test('livenessUrl() asks this machine, and not whether etcd answers', (t) => {
  const of = (bindAddress: string) => livenessUrl({ bindAddress, securePort: '6443' });
  t.is(of('0.0.0.0'), 'https://127.0.0.1:6443/livez?exclude=etcd');
  t.is(of('::'), 'https://[::1]:6443/livez?exclude=etcd');
  t.is(of('192.0.2.1'), 'https://192.0.2.1:6443/livez?exclude=etcd');
  t.is(of('2001:db8::1'), 'https://[2001:db8::1]:6443/livez?exclude=etcd');
});
