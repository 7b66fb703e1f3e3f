import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { readConfig } from './read-config.ts';

test('readConfig() puts drop-ins over the file, in the order of their names', async (t) => {
  const home = await mkdtemp(`${tmpdir()}/config-`);
  const put = (name: string, text: string) => writeFile(`${home}/${name}`, `kind: KubeletConfiguration\n${text}\n`);
  await mkdir(`${home}/conf.d/sub`, { recursive: true });
  await put('kubelet.yaml', 'maxPods: 10\nclusterDNS: [10.0.0.1]\nsystemReserved: {cpu: 100m, memory: 1Gi}');
  await put('conf.d/10-a.conf', 'maxPods: 20\nclusterDNS: [10.0.0.2, 10.0.0.3]\nsystemReserved: {cpu: 200m}');
  await put('conf.d/20-b.conf', 'maxPods: 30');
  await put('conf.d/sub/05-c.conf', 'podPidsLimit: 5');
  await put('conf.d/ignored.yaml', 'maxPods: 99');
  const found = await readConfig(`${home}/kubelet.yaml`, `${home}/conf.d`);
  t.like(found?.options, { maxPods: 30, clusterDns: '10.0.0.2,10.0.0.3', podPidsLimit: 5 });
  t.deepEqual(found?.options.reserve?.systemReserved, { cpu: '200m', memory: '1Gi' });
  t.like((await readConfig(undefined, `${home}/conf.d`))?.options, { maxPods: 30 });
  t.is(await readConfig(undefined), undefined);

  await put('conf.d/30-d.conf', 'maxPod: 1');
  await t.throwsAsync(readConfig(undefined, `${home}/conf.d`), { message: /30-d\.conf: unknown field "maxPod"$/ });
  await put('conf.d/30-d.conf', 'maxPods: 1\nmaxPods: 2');
  await t.throwsAsync(readConfig(undefined, `${home}/conf.d`), { message: /30-d\.conf: duplicated mapping key/ });
  await rm(home, { recursive: true });
});
