import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type AuthorityOptions, generateSigningKeys, type Issuer, issuer, type KeyPair } from './certificate.ts';
import { readPair, readText, writePair, writeText } from './files.ts';

export interface ClusterAuthorities {
  /** Signs every client and serving certificate of the cluster. */
  readonly ca: KeyPair;
  /** Signs the certificates by which the API server speaks to extension API servers. */
  readonly frontProxyCa: KeyPair;
  /** Keys of service account tokens, PEM. */
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
}

/**
 * The authorities in `directory`/pki; made at the first call. Near its end an authority gets another certificate for the
 * same key: what it has signed stays good, by the old certificate and by the new one, and so does the hash nodes join by.
 */
export async function ensureAuthorities(
  directory: string,
  nowMs: number,
  maker: Issuer = issuer,
  lifetimeMs?: number,
): Promise<ClusterAuthorities> {
  const folder = join(directory, 'pki');
  const options = lifetimeMs === undefined ? {} : { lifetimeMs };
  const ensure = (name: string, commonName: string) =>
    ensureAuthority(join(folder, name), commonName, options, nowMs, maker);
  return {
    ca: await ensure('ca', 'kubernetes'),
    frontProxyCa: await ensure('front-proxy-ca', 'front-proxy-ca'),
    serviceAccount: await ensureSigningKeys(folder),
  };
}

/** The authority at `base`, made or renewed where it has to be. */
export async function ensureAuthority(
  base: string,
  commonName: string,
  options: AuthorityOptions,
  nowMs: number,
  maker: Issuer,
): Promise<KeyPair> {
  const known = await readPair(base);
  if (known !== undefined && !isToBeRenewed(new X509Certificate(known.cert), nowMs)) return known;
  const made = await maker.createAuthority(commonName, nowMs, { ...options, ...(known && { key: known.key }) });
  await writePair(base, made);
  return made;
}

/** In the last quarter of its life: long before anything that it signs would have to be cut short, and all have heard of the next. */
function isToBeRenewed({ subject, issuer, validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  if (subject !== issuer) return false; // somebody else's authority has signed it: theirs to renew
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return to - nowMs < (to - from) / 4;
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
