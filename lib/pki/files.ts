import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Issuer, isGoodFor, issuer, type KeyPair, type LeafRequest } from './certificate.ts';

/** The file's text, or undefined if there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes whole or not at all. Secrets get mode 0600. */
export async function writeText(path: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, path);
}

/** Leaves a file alone that holds `text` already. */
export async function writeIfChanged(path: string, text: string, mode = 0o600): Promise<void> {
  if ((await readText(path)) !== text) await writeText(path, text, mode);
}

export async function readPair(base: string): Promise<KeyPair | undefined> {
  const [cert, key] = await Promise.all([readText(`${base}.crt`), readText(`${base}.key`)]);
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

export async function writePair(base: string, pair: KeyPair): Promise<void> {
  await writeText(`${base}.key`, pair.key);
  await writeText(`${base}.crt`, pair.cert, 0o644);
}

/** The certificate at `base` (`.crt`, `.key`): kept if it still does for `request`, issued otherwise. */
export async function ensureLeaf(
  base: string,
  authority: KeyPair,
  request: LeafRequest,
  nowMs: number,
  { issueCertificate }: Issuer = issuer,
): Promise<KeyPair> {
  const known = await readPair(base);
  if (known !== undefined && isGoodFor(known, authority, request, nowMs)) return known;
  const made = await issueCertificate(authority, request, nowMs);
  await writePair(base, made);
  return made;
}
