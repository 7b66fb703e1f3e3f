// Remembers how images came to the node, in upstream's files: another kubelet on this node goes on by them.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Image } from '#cri/runtime.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { AgentOptions } from '../options.ts';
import { mayUse, type PulledRecord, standardAccess, type UsedSecret, withPull } from './access.ts';

export interface PulledImages {
  /** Whether a pod that has these secrets may use what is here under this name. */
  mayUse(image: string, found: Pick<Image, 'id' | 'repoTags' | 'repoDigests'>, own: readonly UsedSecret[]): boolean;
  /** A pull begins: should this process end meanwhile, what came is not taken for anybody's. */
  begin(image: string): Promise<void>;
  /** It came, by `secret` or without any. */
  came(image: string, imageRef: string, secret: UsedSecret | undefined): Promise<void>;
  /** Nothing came. */
  failed(image: string): Promise<void>;
  /** Forgets images that are not here any more. */
  keepOnly(imageRefs: ReadonlySet<string>): Promise<void>;
}

/** Its files are below /var/lib/kubelet/image_manager. */
export async function openPulledImages(
  { rootDir, imageAccess: rule = standardAccess }: Pick<AgentOptions, 'rootDir' | 'imageAccess'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<PulledImages> {
  const folder = `${rootDir}/image_manager`;
  const [pulling, pulled] = [`${folder}/pulling`, `${folder}/pulled`];
  for (const one of [pulling, pulled]) await mkdir(one, { recursive: true, mode: 0o700 });
  const records = new Map<string, PulledRecord>(); // bounded by the images here
  const begun = new Set<string>(); // bounded by pulls that failed or never ended
  for (const { imageRef, credentialMapping } of await readAll<PulledRecord>(pulled)) {
    if (imageRef) records.set(imageRef, { imageRef, credentialMapping: credentialMapping ?? {} });
  }
  for (const { image } of await readAll<{ readonly image: string }>(pulling)) if (image) begun.add(image);

  async function write(path: string, kind: string, rest: object): Promise<void> {
    const text = JSON.stringify({ kind, apiVersion: 'kubelet.config.k8s.io/v1beta1', ...rest });
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async function trying(run: () => Promise<unknown>): Promise<void> {
    await run().catch((error) => log.warn('Could not note how an image came here', { err: error }));
  }

  async function ended(image: string): Promise<void> {
    begun.delete(image);
    await trying(() => rm(`${pulling}/${nameOf(image)}`, { force: true }));
  }

  return {
    mayUse(image, { id, repoTags, repoDigests }, own) {
      const names = [...repoTags, ...repoDigests];
      return mayUse({ image, names, record: records.get(id), wasBegun: begun.has(image), own }, rule);
    },
    async begin(image) {
      begun.add(image);
      await trying(() => write(`${pulling}/${nameOf(image)}`, 'ImagePullIntent', { image }));
    },
    async came(image, imageRef, secret) {
      const before = records.get(imageRef);
      const now = withPull(before, imageRef, image, secret);
      records.set(imageRef, now);
      if (JSON.stringify(now) !== JSON.stringify(before)) {
        const lastUpdatedTime = timestamp(clock.now());
        const rest = { lastUpdatedTime, ...now };
        await trying(() => write(`${pulled}/${nameOf(imageRef)}`, 'ImagePulledRecord', rest));
      }
      await ended(image);
    },
    failed: ended,
    async keepOnly(imageRefs) {
      for (const imageRef of records.keys()) {
        if (imageRefs.has(imageRef)) continue;
        records.delete(imageRef);
        await trying(() => rm(`${pulled}/${nameOf(imageRef)}`, { force: true }));
      }
    },
  };
}

function nameOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('hex')}`;
}

/** What cannot be read is as good as not there. */
async function readAll<T>(folder: string): Promise<readonly Partial<T>[]> {
  const found: Partial<T>[] = [];
  for (const name of await readdir(folder)) {
    try {
      found.push(JSON.parse(await readFile(`${folder}/${name}`, 'utf8')) as Partial<T>);
    } catch {}
  }
  return found;
}
