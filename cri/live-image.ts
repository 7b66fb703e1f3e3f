// An image for tests out of this machine's own static busybox: no registry is needed.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

export interface TestImage {
  readonly name: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
}

/** Writes a `docker save` archive of an image that holds busybox under all the names in `tools`. */
export async function writeTestImage(file: string, image: TestImage): Promise<void> {
  const layer = await busyboxLayer();
  const layerDigest = digest(layer);
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {
      Env: ['PATH=/bin'],
      Entrypoint: image.entrypoint ?? null,
      Cmd: image.command ?? null,
      User: image.user ?? '',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
  });
  const configName = `${digest(config)}.json`;
  const archive = pack();
  archive.entry({ name: configName }, config);
  archive.entry({ name: `${layerDigest}/layer.tar` }, layer);
  const manifest = [{ Config: configName, RepoTags: [image.name], Layers: [`${layerDigest}/layer.tar`] }];
  archive.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
  archive.finalize();
  await writeFile(file, await buffer(archive));
}

const tools =
  'sh sleep cat echo ls env id true false touch mkdir rm ps wget nc httpd hostname ip nslookup stty head tail dd kill date grep mount df stat test'.split(
    ' ',
  );

async function busyboxLayer(): Promise<Buffer> {
  const busybox = await readFile('/bin/busybox').catch((error: Error) => {
    throw new Error('Live tests need /bin/busybox: apt-get install busybox-static', { cause: error });
  });
  const tar = pack();
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'dev', 'sys', 'root', 'home'])
    tar.entry({ name, type: 'directory', mode: name === 'tmp' ? 0o1777 : 0o755 });
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, busybox);
  for (const tool of tools) tar.entry({ name: `bin/${tool}`, type: 'symlink', linkname: 'busybox' });
  tar.entry({ name: 'etc/passwd' }, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/sh\n');
  tar.entry({ name: 'etc/group' }, 'root:x:0:\nnobody:x:65534:\n');
  tar.finalize();
  return buffer(tar);
}

function digest(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
