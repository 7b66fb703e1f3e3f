import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Node } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { cloudSuite } from '../suite.ts';
import { createLabProvider } from './provider.ts';

cloudSuite('lab', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-cloud-'));
  const namespace = join(folder, 'netns');
  writeFileSync(namespace, '');
  const addresses = [{ type: 'InternalIP', address: '192.0.2.1' }];
  const file = join(folder, 'machines.json');
  writeFileSync(file, JSON.stringify({ id: 'a1', machines: [{ name: 'node1', addresses, namespace }] }));
  return {
    provider: createLabProvider(file),
    machine: 'node1',
    remove: async () => rmSync(namespace),
    end: async () => rmSync(folder, { recursive: true }),
  };
});

test('createLabProvider() does not take a file that it cannot read for a lab without machines', async (t) => {
  const node = { metadata: { name: 'node1' }, spec: { providerID: 'lab://a1/node1' } } as unknown as Node;
  const { instances } = createLabProvider('/nowhere/machines.json');
  const error = await t.throwsAsync(instances!.exists(node, new AbortController().signal));
  t.true(hasReason(error, 'ServiceUnavailable'));
});
