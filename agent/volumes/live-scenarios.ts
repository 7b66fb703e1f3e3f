// What volumes must do on a real kernel: run by volumes.live.test.ts, each scenario in a mount namespace of its own.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Volume } from '#lib/api/types/core.v1.ts';
import { exec } from '#lib/exec.ts';
import { createLab, fileSystemOf, pod, until } from './live-lab.ts';
import { readVolumeFile } from './read-file.ts';

const { signal } = new AbortController();

export const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  async 'configMap files are swapped at once and follow their object'() {
    const lab = await createLab();
    const mounted = pod([{ name: 'cfg', configMap: { name: 'settings' } }]);
    lab.configMaps.set('settings', { metadata: { name: 'settings' }, data: { a: '1', gone: 'x' } });
    const path = (await lab.volumes.prepare(mounted, signal)).get('cfg')!.hostPath;
    equal(path, join(lab.root, 'pods/u-1/volumes/kubernetes.io~configmap/cfg'));
    equal(await readlink(join(path, 'a')), '..data/a');
    equal(await readFile(join(path, 'a'), 'utf8'), '1');
    const before = await readlink(join(path, '..data'));
    await lab.volumes.prepare(mounted, signal);
    equal(await readlink(join(path, '..data')), before, 'an unchanged payload is left alone');
    const stop = new AbortController();
    const running = lab.volumes.run(stop.signal);
    lab.configMaps.set('settings', { metadata: { name: 'settings' }, data: { a: '2', fresh: 'y' } });
    lab.changed('u-1');
    await until(async () => (await readFile(join(path, 'a'), 'utf8')) === '2');
    await until(async () => !(await readdir(path)).includes('gone'));
    equal(await readFile(join(path, 'fresh'), 'utf8'), 'y');
    equal((await readdir(path)).length, 4, 'two names, ..data, and one data directory');
    stop.abort();
    await running;
    await lab.end();
  },

  async 'a secret lies in memory with its mode and group, and is gone after release'() {
    const lab = await createLab();
    lab.secrets.set('keys', { metadata: { name: 'keys' }, data: { token: btoa('s3cret') } });
    const mounted = pod([{ name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } }], { fsGroup: 2000 });
    const path = (await lab.volumes.prepare(mounted, signal)).get('keys')!.hostPath;
    equal(await fileSystemOf(path), 'tmpfs');
    const { mode, gid } = await stat(join(path, 'token'));
    deepEqual([mode & 0o7777, gid], [0o440, 2000]);
    await lab.volumes.release('u-1', signal);
    deepEqual(await readdir(join(lab.root, 'pods')), []);
    await lab.volumes.release('u-1', signal);
    await lab.end();
  },

  async 'emptyDir keeps its content, on disk and in memory, over a restart of the agent'() {
    const lab = await createLab();
    const mounted = pod([
      { name: 'disk', emptyDir: {} },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    ]);
    const first = await lab.volumes.prepare(mounted, signal);
    for (const name of ['disk', 'memory']) await writeFile(join(first.get(name)!.hostPath, 'kept'), name);
    const again = await (await lab.restarted()).prepare(mounted, signal);
    for (const name of ['disk', 'memory']) {
      equal(await readFile(join(again.get(name)!.hostPath, 'kept'), 'utf8'), name);
      equal((await stat(again.get(name)!.hostPath)).mode & 0o7777, 0o777);
    }
    equal(await fileSystemOf(again.get('memory')!.hostPath), 'tmpfs');
    await rejects(writeFile(join(again.get('memory')!.hostPath, 'big'), Buffer.alloc(2 << 20)), { code: 'ENOSPC' });
    await lab.end();
  },

  async 'downward files follow their pod, and objects theirs, over a restart of the agent'() {
    const lab = await createLab();
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
    const mounted = pod([
      { name: 'about', downwardAPI: { items } },
      { name: 'cfg', configMap: { name: 'settings' } },
    ]);
    lab.configMaps.set('settings', { metadata: { name: 'settings' }, data: { a: '1' } });
    const prepared = await lab.volumes.prepare(mounted, signal);
    const read = (volume: string, file: string) => readFile(join(prepared.get(volume)!.hostPath, file), 'utf8');
    const stop = new AbortController();
    const running = lab.volumes.run(stop.signal);
    const labelled = (color: string) => ({ ...mounted, metadata: { ...mounted.metadata, labels: { color } } });
    lab.podChanged(labelled('red'));
    await until(async () => (await read('about', 'labels')) === 'color="red"');
    stop.abort();
    await running;
    lab.configMaps.set('settings', { metadata: { name: 'settings' }, data: { a: '2' } });
    lab.podChanged(labelled('blue'));
    const stopAgain = new AbortController();
    const runningAgain = (await lab.restarted()).run(stopAgain.signal);
    await until(async () => (await read('about', 'labels')) === 'color="blue"' && (await read('cfg', 'a')) === '2');
    stopAgain.abort();
    await runningAgain;
    await lab.end();
  },

  async 'hostPath is checked and made by its type'() {
    const lab = await createLab();
    const at = (name: string) => join(lab.root, name);
    const tries: readonly [string, NonNullable<Volume['hostPath']>['type'], string | undefined][] = [
      ['none', '', undefined],
      ['made', 'DirectoryOrCreate', undefined],
      ['made', 'Directory', undefined],
      ['made', 'File', 'is not a file'],
      ['file', 'FileOrCreate', undefined],
      ['file', 'File', undefined],
      ['file', 'Socket', 'is not a socket file'],
      ['absent', 'Directory', 'is not a directory'],
    ];
    for (const [name, type, words] of tries) {
      const asked = lab.volumes.prepare(pod([{ name: 'host', hostPath: { path: at(name), type } }]), signal);
      if (words === undefined) equal((await asked).get('host')!.hostPath, at(name));
      else {
        const message = `MountVolume.SetUp failed for volume "host" : hostPath type check failed: ${at(name)} ${words}`;
        await rejects(asked, { message });
      }
    }
    await lab.end();
  },

  async 'subPath is made with the mode of its volume, and bound'() {
    const lab = await createLab();
    const mounted = pod([{ name: 'data', emptyDir: {} }]);
    const volume = (await lab.volumes.prepare(mounted, signal)).get('data')!;
    await chmod(volume.hostPath, 0o2775);
    const bound = await lab.volumes.subPath(volume, 'a/b', signal);
    equal((await stat(join(volume.hostPath, 'a/b'))).mode & 0o7777, 0o2775);
    await writeFile(join(volume.hostPath, 'a/b/seen'), 'yes');
    equal(await readFile(join(bound, 'seen'), 'utf8'), 'yes');
    equal(await lab.volumes.subPath(volume, 'a/b', signal), bound);
    await writeFile(join(volume.hostPath, 'file'), 'one');
    equal(await readFile(await lab.volumes.subPath(volume, 'file', signal), 'utf8'), 'one');
    await rm(join(volume.hostPath, 'file'));
    await writeFile(join(volume.hostPath, 'file'), 'two');
    equal(await readFile(await lab.volumes.subPath(volume, 'file', signal), 'utf8'), 'two', 'bound anew');
    await lab.volumes.release('u-1', signal);
    deepEqual(await readdir(join(lab.root, 'pods')), []);
    await lab.end();
  },

  async 'subPath never leads out of its volume'() {
    const lab = await createLab();
    const outside = join(lab.root, 'outside');
    await mkdir(outside);
    const volume = (await lab.volumes.prepare(pod([{ name: 'data', emptyDir: {} }]), signal)).get('data')!;
    await mkdir(join(volume.hostPath, 'inside'));
    await symlink('inside', join(volume.hostPath, 'good'));
    await symlink(outside, join(volume.hostPath, 'bad'));
    await symlink('nowhere', join(volume.hostPath, 'dangling'));
    await lab.volumes.subPath(volume, 'good', signal);
    for (const path of ['bad', 'bad/new', '../outside', '/etc', 'inside/../../x']) {
      await rejects(lab.volumes.subPath(volume, path, signal), { reason: 'BadRequest' }, path);
    }
    await rejects(lab.volumes.subPath(volume, 'dangling', signal));
    deepEqual(await readdir(outside), []);
    await writeFile(join(outside, 'file'), 'secret');
    await writeFile(join(volume.hostPath, 'inside/file'), 'own');
    await exec('mkfifo', [join(volume.hostPath, 'pipe')], signal);
    equal(await readVolumeFile(volume.hostPath, 'good/file'), 'own');
    equal(await readVolumeFile(volume.hostPath, 'none'), undefined);
    for (const path of ['bad/file', '../outside/file', 'pipe', 'inside']) {
      await rejects(readVolumeFile(volume.hostPath, path), { reason: 'BadRequest' }, path);
    }
    await lab.end();
  },

  async 'release unmounts what was mounted below, and removes nothing behind a mount'() {
    const lab = await createLab();
    const precious = join(lab.root, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, 'data'), 'kept');
    const volume = (await lab.volumes.prepare(pod([{ name: 'data', emptyDir: {} }]), signal)).get('data')!;
    const point = join(volume.hostPath, 'with space');
    await mkdir(point);
    await exec('mount', ['--bind', precious, point], signal);
    const busy = await (await import('node:fs/promises')).open(join(point, 'data'));
    await rejects(lab.volumes.release('u-1', signal), /is still mounted/);
    await busy.close();
    deepEqual(await lab.volumes.holders(signal), ['u-1']);
    await lab.volumes.release('u-1', signal);
    equal(await readFile(join(precious, 'data'), 'utf8'), 'kept');
    deepEqual(await lab.volumes.holders(signal), []);
    await lab.end();
  },

  async 'a failure names its volume in the words of upstream'() {
    const lab = await createLab();
    const asked = (volume: Volume) => lab.volumes.prepare(pod([volume]), signal);
    await rejects(asked({ name: 'cfg', configMap: { name: 'none' } }), {
      message: 'MountVolume.SetUp failed for volume "cfg" : configmap "none" not found',
    });
    await rejects(asked({ name: 'old', flocker: {} }), {
      message: 'MountVolume.SetUp failed for volume "old" : no volume plugin matched',
    });
    await lab.end();
  },

  async 'an image is shown read-only as it was when its pod began, and its view goes with the pod'() {
    const lab = await createLab();
    const mounted = pod([{ name: 'img', image: { reference: 'content:1' } }]);
    await rejects(lab.volumes.prepare(mounted, signal), { name: 'StartError', reason: 'ErrImagePull' });
    const source = await mkdtemp(join(tmpdir(), 'skiff-image-'));
    await writeFile(join(source, 'file'), 'first');
    lab.images.set('content:1', source);
    const ready = (await lab.volumes.prepare(mounted, signal)).get('img')!;
    equal(ready.isReadOnly, true);
    equal(await readFile(join(ready.hostPath, 'file'), 'utf8'), 'first');
    await rejects(writeFile(join(ready.hostPath, 'other'), ''), { code: 'EROFS' });
    lab.images.delete('content:1');
    const again = await lab.restarted();
    equal((await again.prepare(mounted, signal)).get('img')!.hostPath, ready.hostPath, 'it is not pulled again');
    deepEqual([...lab.views], ['skiff-volume/u-1/img']);
    await again.release('u-1', signal);
    deepEqual([...lab.views], []);
    deepEqual(await readdir(join(lab.root, 'pods')), []);
    equal(await readFile(join(source, 'file'), 'utf8'), 'first');
    await rm(source, { recursive: true });
    await lab.end();
  },
};

const name = process.argv[2];
if (name !== undefined && import.meta.main) await scenarios[name]!();
