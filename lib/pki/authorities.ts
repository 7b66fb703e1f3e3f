import { join } from 'node:path';
import { generateSigningKeys, type Issuer, issuer, type KeyPair } from './certificate.ts';
import { readPair, readText, writePair, writeText } from './files.ts';

export interface ClusterAuthorities {
  /** Signs every client and serving certificate of the cluster. */
  readonly ca: KeyPair;
  /** Signs the certificates by which the API server speaks to extension API servers. */
  readonly frontProxyCa: KeyPair;
  /** Keys of service account tokens, PEM. */
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
}

/** The authorities in `directory`/pki; made at the first call. They are never renewed: that would cut every client off. */
export async function ensureAuthorities(
  directory: string,
  nowMs: number,
  maker: Issuer = issuer,
): Promise<ClusterAuthorities> {
  const folder = join(directory, 'pki');
  return {
    ca: await ensureAuthority(join(folder, 'ca'), 'kubernetes', nowMs, maker),
    frontProxyCa: await ensureAuthority(join(folder, 'front-proxy-ca'), 'front-proxy-ca', nowMs, maker),
    serviceAccount: await ensureSigningKeys(folder),
  };
}

async function ensureAuthority(base: string, commonName: string, nowMs: number, maker: Issuer): Promise<KeyPair> {
  const known = await readPair(base);
  if (known !== undefined) return known;
  const made = await maker.createAuthority(commonName, nowMs);
  await writePair(base, made);
  return made;
}

async function ensureSigningKeys(folder: string): Promise<ClusterAuthorities['serviceAccount']> {
  const [privatePath, publicPath] = [join(folder, 'sa.key'), join(folder, 'sa.pub')];
  const [privateKey, publicKey] = await Promise.all([readText(privatePath), readText(publicPath)]);
  if (privateKey !== undefined && publicKey !== undefined) return { privateKey, publicKey };
  const made = generateSigningKeys();
  await writeText(publicPath, made.publicKey, 0o644);
  await writeText(privatePath, made.privateKey);
  return made;
}
