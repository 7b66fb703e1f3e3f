// A registry inside the first node, which serves one image of a few files: what pulls need in a cluster without a way out.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { writeImage } from '../../../../vagrant/lab/image.ts';
import { eventually, onNode, testCluster } from '../../../live/cluster.ts';

export interface Registry extends AsyncDisposable {
  /** Name of the node that can pull from it. */
  readonly nodeName: string;
  /** Name of its image. */
  readonly image: string;
}

export async function openRegistry(files: Readonly<Record<string, string>>): Promise<Registry> {
  const { layout } = testCluster();
  const node = layout.nodes[0]!;
  const image = `${host}/content:1`;
  const directory = await mkdtemp(join(tmpdir(), 'skiff-registry-'));
  const archive = join(directory, 'image.tar');
  const hostDirectory = join(node.registryDir, host);
  await writeImage(
    { name: image, files: Object.entries(files).map(([path, text]) => ({ path, text, mode: 0o644 })) },
    archive,
  );
  await mkdir(hostDirectory, { recursive: true });
  await writeFile(join(hostDirectory, 'hosts.toml'), `[host."http://127.0.0.1:5000"]\n`);
  const words = [`--net=/run/netns/${node.networkNamespace}`, process.execPath, program, '127.0.0.1', archive];
  const server = execa('nsenter', words, { reject: false, stdio: 'ignore' });
  const ask = ['busybox', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:5000/v2/'];
  await eventually('the registry', async () => onNode(0, ask));
  return {
    nodeName: node.name,
    image,
    async [Symbol.asyncDispose]() {
      server.kill();
      await server;
      await rm(directory, { recursive: true });
      await rm(hostDirectory, { recursive: true });
    },
  };
}
const host = 'modern.test';
const program = fileURLToPath(new URL('../../outside.ts', import.meta.url));
