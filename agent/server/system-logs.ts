// The machine's own logs, as files and folders: `kubectl get --raw /api/v1/nodes/NAME/proxy/logs/`.
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { failure } from '#lib/api/status.ts';
import { openBelow } from '../volumes/open-below.ts';

export type SystemLog =
  | { readonly is: 'file'; readonly file: FileHandle }
  /** A page with a link to each of its entries. */
  | { readonly is: 'folder'; readonly page: string }
  /** A folder that was asked for without the slash at its end. */
  | { readonly is: 'elsewhere'; readonly location: string };

/**
 * What `path` names below `root`. Links are followed as long as they stay below: containers may write there.
 * @throws {StatusError} NotFound for all that is not to be had
 */
export async function openSystemLog(path: string, root = '/var/log'): Promise<SystemLog> {
  try {
    const base = await realpath(root);
    const target = await realpath(`${base}/${path}`);
    await using handle = await openBelow(base, target, path);
    const place = `/proc/self/fd/${handle.fd}`;
    const found = await stat(place);
    if (found.isFile()) return { is: 'file', file: await open(place, constants.O_RDONLY) };
    if (!found.isDirectory()) throw new Error('It is neither a file nor a folder');
    if (path !== '' && !path.endsWith('/')) return { is: 'elsewhere', location: `${path.split('/').at(-1)}/` };
    return { is: 'folder', page: pageOf(await readdir(place, { withFileTypes: true })) };
  } catch {
    throw failure('NotFound', '404 page not found');
  }
}

function pageOf(entries: readonly { readonly name: string; isDirectory(): boolean }[]): string {
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const links = names.map(
    (name) => `<a href="${encodeURI(name).replaceAll('?', '%3F').replaceAll('#', '%23')}">${escaped(name)}</a>\n`,
  );
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join('')}</pre>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;');
}
