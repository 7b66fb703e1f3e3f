import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';

/** A small container image made of files at hand: no registry, no build tool. */
export interface ImageRecipe {
  /** Full name with tag. */
  readonly name: string;
  readonly files: readonly ImageFile[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
}

export type ImageFile =
  | { readonly path: string; readonly from: string; readonly mode: number }
  | { readonly path: string; readonly text: string; readonly mode: number }
  | { readonly path: string; readonly linkTo: string }
  | { readonly path: string; readonly isDirectory: true; readonly mode: number };

/** Writes the image as an archive that `ctr images import` and `docker load` take. The same recipe gives the same bytes. */
export async function writeImage(recipe: ImageRecipe, file: string): Promise<void> {
  const layer = await archive(await Promise.all(recipe.files.map(entryOf)));
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        ...(recipe.entrypoint === undefined ? {} : { Entrypoint: recipe.entrypoint }),
        ...(recipe.command === undefined ? {} : { Cmd: recipe.command }),
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest(layer)}`] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'skiff' }],
    }),
  );
  const layerName = `${digest(layer)}/layer.tar`;
  const configName = `${digest(config)}.json`;
  const manifest = JSON.stringify([{ Config: configName, RepoTags: [recipe.name], Layers: [layerName] }]);
  const bytes = await archive([
    { header: { name: configName, mode: 0o644 }, body: config },
    { header: { name: 'manifest.json', mode: 0o644 }, body: Buffer.from(manifest) },
    { header: { name: layerName, mode: 0o644 }, body: layer },
  ]);
  await mkdir(dirname(file), { recursive: true });
  await pipeline([bytes], createWriteStream(`${file}.part`));
  await rename(`${file}.part`, file);
}

interface Entry {
  readonly header: {
    readonly name: string;
    readonly mode?: number;
    readonly type?: 'file' | 'directory' | 'symlink';
    readonly linkname?: string;
  };
  readonly body?: Buffer;
}

async function entryOf(file: ImageFile): Promise<Entry> {
  if ('isDirectory' in file) return { header: { name: file.path, mode: file.mode, type: 'directory' } };
  if ('linkTo' in file) return { header: { name: file.path, type: 'symlink', linkname: file.linkTo } };
  const body = 'text' in file ? Buffer.from(file.text) : await readFile(file.from);
  return { header: { name: file.path, mode: file.mode }, body };
}

async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { header, body } of entries) {
    if (body === undefined) tar.entry({ ...header, mtime: new Date(0) });
    else tar.entry({ ...header, mtime: new Date(0) }, body);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
