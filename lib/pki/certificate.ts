import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { ReasonError } from '#lib/errors.ts';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface LeafRequest {
  readonly commonName: string;
  /** Kubernetes reads them as groups. */
  readonly organizations?: readonly string[];
  readonly usages: readonly ('client' | 'server')[];
  /** DNS names and IP addresses that a server certificate is good for. */
  readonly names?: readonly string[];
  /** A year unless told; never longer than its authority. */
  readonly lifetimeMs?: number;
}

export interface AuthorityOptions {
  /** Ten years unless told. */
  readonly lifetimeMs?: number;
  /** The key to go on with: what it has signed stays good. A new one unless told. */
  readonly key?: string;
}

/** Makes certificates. */
export interface Issuer {
  createAuthority(commonName: string, nowMs: number, options?: AuthorityOptions): Promise<KeyPair>;
  issueCertificate(authority: KeyPair, request: LeafRequest, nowMs: number): Promise<KeyPair>;
}

/** A self-signed authority (ECDSA P-256). */
export async function createAuthority(
  commonName: string,
  nowMs: number,
  { lifetimeMs = 10 * yearMs, key }: AuthorityOptions = {},
): Promise<KeyPair> {
  const x509 = await library();
  const keys = key === undefined ? await generateKeys() : await importKeys(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: distinguishedName(commonName),
    serialNumber: serialNumber(),
    notBefore: new Date(nowMs - backdateMs(lifetimeMs)),
    notAfter: new Date(nowMs + lifetimeMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: commonName }]),
    ],
  });
  return { cert: pem(certificate.toString('pem')), key: await exportKey(keys.privateKey) };
}

/** A certificate for `request`, signed by `authority`. */
export async function issueCertificate(authority: KeyPair, request: LeafRequest, nowMs: number): Promise<KeyPair> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await generateKeys();
  const lifetimeMs = Math.min(request.lifetimeMs ?? yearMs, issuer.notAfter.getTime() - nowMs);
  const usage = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth };
  const names = (request.names ?? []).map((name) => ({
    type: isIP(name) ? ('ip' as const) : ('dns' as const),
    value: name,
  }));
  const certificate = await x509.X509CertificateGenerator.create({
    subject: distinguishedName(request.commonName, request.organizations),
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    notBefore: new Date(nowMs - backdateMs(lifetimeMs)),
    notAfter: new Date(Math.min(nowMs + lifetimeMs, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(request.usages.map((kind) => usage[kind])),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { cert: pem(certificate.toString('pem')), key: await exportKey(keys.privateKey) };
}

/** Whether `pair` still does for `request`: not near its end, the right signer, subject and names. Loads no library. */
export function isGoodFor(pair: KeyPair, authority: KeyPair, request: LeafRequest, nowMs: number): boolean {
  const certificate = parse(pair.cert);
  const issuer = parse(authority.cert);
  if (certificate === undefined || issuer === undefined) return false;
  if (!certificate.verify(issuer.publicKey) || isNearEnd(certificate, nowMs)) return false;
  if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return false;
  const lines = certificate.subject.split('\n');
  const wanted = [`CN=${request.commonName}`, ...(request.organizations ?? []).map((name) => `O=${name}`)];
  return (
    wanted.every((line) => lines.includes(line)) && (request.names ?? []).every((name) => covers(certificate, name))
  );
}

/** In the last quarter of its life, and in its last 90 days. */
export function isNearEnd({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return to - nowMs < Math.min(90 * dayMs, (to - from) / 4);
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
}

function parse(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined; // unreadable is as good as missing: it is made anew
  }
}

/** Heavy (25 MB) and needed only when something is issued: most starts never load it. */
export async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata'); // must come first: the library's container needs it
  return import('@peculiar/x509');
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

async function importKeys(text: string): Promise<webcrypto.CryptoKeyPair> {
  const der = createPublicKey(text).export({ type: 'spki', format: 'der' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const publicKey = await webcrypto.subtle.importKey('spki', der, algorithm, true, ['verify']);
  return { privateKey: await importKey(text), publicKey };
}

export async function importKey(text: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
}

/** The key pair that signs service account tokens: RSA 2048, PEM (private key PKCS#8, public key SPKI). */
export function generateSigningKeys(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

function distinguishedName(commonName: string, organizations: readonly string[] = []) {
  return [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }];
}

export function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(8));
  bytes[0]! &= 0x7f; // positive
  bytes[0]! |= 0x01; // and never of a shortened form
  return Buffer.from(bytes).toString('hex');
}

export function pem(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

const algorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;
const dayMs = 24 * 3600 * 1000;
const yearMs = 365 * dayMs;

/** Clocks of other machines may be a little behind. */
export function backdateMs(lifetimeMs: number): number {
  return Math.min(5 * 60_000, lifetimeMs / 2);
}

/** Makes them here, by a library that is loaded at the first one. */
export const issuer: Issuer = { createAuthority, issueCertificate };

/** Makes none: to find out whether any is missing. */
export const noIssuer: Issuer = {
  createAuthority: async (commonName) => refuse(commonName),
  issueCertificate: async (_authority, { commonName }) => refuse(commonName),
};

function refuse(commonName: string): never {
  throw new ReasonError('NotFound', `No good certificate for ${commonName}`);
}
