import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { createSilentLog } from '#lib/log.ts';
import { createApiServers, urlsOf } from './api-servers.ts';

const slice = (...addresses: readonly string[]): EndpointSlice =>
  ({
    metadata: { name: 'kubernetes', namespace: 'default' },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', port: 6443 }],
  }) as EndpointSlice;

test('urlsOf() names each server that is ready', (t) => {
  t.deepEqual(urlsOf(slice('192.0.2.2', '192.0.2.1')), ['https://192.0.2.1:6443', 'https://192.0.2.2:6443']);
  t.deepEqual(urlsOf(slice('fd00::1')), ['https://[fd00::1]:6443']);
  t.deepEqual(urlsOf({ ...slice('192.0.2.1'), ports: [] }), []);
});

test('what the cluster said last is known after a restart, and what says nothing changes nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-api-servers-'));
  const servers = createApiServers(join(folder, 'servers.json'), createSilentLog());
  t.deepEqual(servers.all(), []);
  let tell: (now: EndpointSlice | undefined, before: EndpointSlice | undefined, key: string) => void = () => {};
  servers.follow({
    onChange(listener) {
      tell = listener;
      return () => {};
    },
  });
  tell(slice('192.0.2.1', '192.0.2.2'), undefined, 'default/kubernetes');
  tell(slice('192.0.2.9'), undefined, 'default/other');
  tell(slice(), undefined, 'default/kubernetes');
  tell(undefined, undefined, 'default/kubernetes');
  const again = createApiServers(join(folder, 'servers.json'), createSilentLog());
  t.deepEqual(again.all(), ['https://192.0.2.1:6443', 'https://192.0.2.2:6443']);
  rmSync(folder, { recursive: true });
});
