// Packs container images as one docker-archive. Called by images.sh:
//   pack.ts add RECIPE.json --name REF [--name REF] --layer DIR|TAR ... [--entrypoint JSON] [--cmd JSON] [--env K=V] [--user U] [--workdir D] [--port N]
//   pack.ts archive OUT.tar RECIPE.json ...
// A layer that several images share stands in the archive once, and is unpacked once.
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { execaSync } from 'execa';
import { pack } from 'tar-stream';

interface Recipe {
  readonly names: readonly string[];
  readonly layers: readonly { readonly file: string; readonly digest: string }[];
  readonly config: Readonly<Record<string, unknown>>;
}

const [verb, file, ...rest] = process.argv.slice(2);
if (file === undefined || (verb !== 'add' && verb !== 'archive')) {
  process.stderr.write(
    'usage: pack.ts add RECIPE.json --name REF --layer DIR|TAR ... | pack.ts archive OUT.tar RECIPE.json ...\n',
  );
  process.exit(2);
}
await (verb === 'add' ? add(file, rest) : archive(file, rest));

async function add(recipeFile: string, words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      name: { type: 'string', multiple: true },
      layer: { type: 'string', multiple: true },
      env: { type: 'string', multiple: true },
      port: { type: 'string', multiple: true },
      entrypoint: { type: 'string' },
      cmd: { type: 'string' },
      user: { type: 'string' },
      workdir: { type: 'string' },
    },
  });
  const folder = `${dirname(recipeFile)}/../layers`;
  mkdirSync(folder, { recursive: true });
  const layers = await Promise.all(
    (values.layer ?? []).map((layer, i) => layerOf(layer, `${folder}/${nameOf(recipeFile)}-${i}.tar`)),
  );
  const recipe: Recipe = {
    names: values.name ?? [],
    layers,
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(values.env ?? [])],
      ...(values.entrypoint === undefined ? {} : { Entrypoint: JSON.parse(values.entrypoint) }),
      ...(values.cmd === undefined ? {} : { Cmd: JSON.parse(values.cmd) }),
      ...(values.user === undefined ? {} : { User: values.user }),
      ...(values.workdir === undefined ? {} : { WorkingDir: values.workdir }),
      ...(values.port === undefined
        ? {}
        : { ExposedPorts: Object.fromEntries(values.port.map((port) => [`${port}/tcp`, {}])) }),
    },
  };
  writeFileSync(recipeFile, JSON.stringify(recipe));
}

function nameOf(recipeFile: string): string {
  return recipeFile.slice(recipeFile.lastIndexOf('/') + 1, -'.json'.length);
}

/** A folder becomes a tar with owners kept and times dropped; a tar is taken as it is. */
async function layerOf(path: string, tarFile: string): Promise<{ file: string; digest: string }> {
  if (!statSync(path).isDirectory()) return { file: path, digest: await digestOf(path) };
  execaSync('tar', ['--sort=name', '--mtime=@0', '--numeric-owner', '--format=gnu', '-cf', tarFile, '-C', path, '.']);
  return { file: tarFile, digest: await digestOf(tarFile) };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function archive(out: string, recipeFiles: readonly string[]): Promise<void> {
  const recipes = recipeFiles.filter((f) => existsSync(f)).map((f): Recipe => JSON.parse(readFileSync(f, 'utf8')));
  const tar = pack();
  const written = pipeline(tar, createWriteStream(`${out}.new`));
  const manifest = recipes.map((recipe) => {
    const config = configOf(recipe);
    const name = `${createHash('sha256').update(config).digest('hex')}.json`;
    return {
      config,
      entry: { Config: name, RepoTags: recipe.names, Layers: recipe.layers.map((l) => `${l.digest}/layer.tar`) },
    };
  });
  tar.entry({ name: 'manifest.json' }, JSON.stringify(manifest.map(({ entry }) => entry)));
  for (const { config, entry } of new Map(manifest.map((m) => [m.entry.Config, m])).values())
    tar.entry({ name: entry.Config }, config);
  for (const { file: layer, digest } of new Map(recipes.flatMap((r) => r.layers).map((l) => [l.digest, l])).values()) {
    await pipeline(createReadStream(layer), tar.entry({ name: `${digest}/layer.tar`, size: statSync(layer).size }));
  }
  tar.finalize();
  await written;
  renameSync(`${out}.new`, out);
}

function configOf({ config, layers }: Recipe): string {
  return JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'skiff' })),
  });
}
