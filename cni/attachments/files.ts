import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseIp } from '#lib/ip.ts';
import { networkName } from '../conflist.ts';
import type { Attachment, Lease } from './plan.ts';

/** Where the runtime's CNI library and the address plugin keep what they gave out. */
export const stateDir = '/var/lib/cni';

export async function listAttachments(dir: string): Promise<readonly Attachment[]> {
  const folder = join(dir, 'results');
  const names = (await namesIn(folder)).filter((name) => name.startsWith(`${networkName}-`));
  const found = await Promise.all(names.map((name) => readAttachment(join(folder, name))));
  return found.filter((one) => one !== undefined);
}

async function readAttachment(file: string): Promise<Attachment | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    const { containerId, result } = JSON.parse(text) as {
      readonly containerId: string;
      readonly result?: { readonly interfaces?: readonly { readonly name: string; readonly sandbox?: string }[] };
    };
    const links = (result?.interfaces ?? []).filter(({ name, sandbox }) => !sandbox && name.startsWith('veth'));
    return { containerId, links: links.map(({ name }) => name), atMs: mtimeMs };
  } catch {
    return undefined; // gone meanwhile, or being written: the next look sees it
  }
}

export async function listLeases(dir: string): Promise<readonly Lease[]> {
  const folder = join(dir, 'networks', networkName);
  const names = (await namesIn(folder)).filter((name) => parseIp(addressIn(name)) !== undefined);
  const found = await Promise.all(
    names.map(async (name): Promise<Lease | undefined> => {
      try {
        const [text, { mtimeMs }] = await Promise.all([readFile(join(folder, name), 'utf8'), stat(join(folder, name))]);
        return { address: addressIn(name), containerId: text.split(/\s/)[0]!, atMs: mtimeMs };
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** Colons are written as underscores where a file system does not know them. */
function addressIn(name: string): string {
  return name.includes('_') ? name.replaceAll('_', ':') : name;
}

export async function freeLease(dir: string, { address }: Lease): Promise<void> {
  const folder = join(dir, 'networks', networkName);
  for (const name of [address, address.replaceAll(':', '_')]) await rm(join(folder, name), { force: true });
}

export async function forgetAttachment(dir: string, { containerId }: Attachment): Promise<void> {
  const folder = join(dir, 'results');
  for (const name of await namesIn(folder)) {
    if (name.startsWith(`${networkName}-${containerId}-`)) await rm(join(folder, name), { force: true });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
