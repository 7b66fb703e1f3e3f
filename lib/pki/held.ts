// Certificates that a node renews by itself, as the kubelet keeps them: each in a file of its own, named by its time,
// and a link to the one in use. Rule: client-go certificate store.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from '#lib/pki/certificate.ts';
import { readText } from '#lib/pki/files.ts';

export type Kind = 'kubelet-client' | 'kubelet-server';

export interface Life {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Names {
  readonly dnsNames: readonly string[];
  readonly ips: readonly string[];
}

export interface Held extends KeyPair, Names {
  readonly life: Life;
  readonly commonName: string;
}

export function currentPath(directory: string, kind: Kind): string {
  return join(directory, `${kind}-current.pem`);
}

/** The certificate in use; undefined if there is none, or none that can be read. */
export async function readHeld(directory: string, kind: Kind): Promise<Held | undefined> {
  const text = await readText(currentPath(directory, kind));
  const cert = text?.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/)?.[0];
  const key = text?.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----\n?/)?.[0];
  if (cert === undefined || key === undefined) return undefined;
  try {
    return heldOf({ cert, key });
  } catch {
    return undefined; // unreadable is as good as missing: it is ordered anew
  }
}

/** @throws if either cannot be read, or they do not belong together */
export function heldOf({ cert, key }: KeyPair): Held {
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('The certificate is for another key');
  const names = (certificate.subjectAltName ?? '').split(', ');
  const of = (prefix: string) =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return {
    cert,
    key,
    life: { fromMs: certificate.validFromDate.getTime(), untilMs: certificate.validToDate.getTime() },
    commonName: /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? '',
    dnsNames: of('DNS:'),
    ips: of('IP Address:'),
  };
}

/** Takes `pair` into use at once: whoever reads the link sees the old one or the new one, whole. Keeps the one before. */
export async function writeHeld(directory: string, kind: Kind, { cert, key }: KeyPair, nowMs: number): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-').replace('T', '-').replace('Z', '');
  const file = `${kind}-${stamp}.pem`;
  await writeFile(join(directory, file), cert + key, { mode: 0o600 });
  const link = join(directory, `${kind}-current.pem`);
  const before = await readlink(link).catch(() => undefined);
  await rm(`${link}.new`, { force: true });
  await symlink(file, `${link}.new`);
  await rename(`${link}.new`, link);
  const old = (await readdir(directory)).filter(
    (name) => name.startsWith(`${kind}-2`) && name !== file && name !== before,
  );
  await Promise.all(old.map((name) => rm(join(directory, name), { force: true })));
}
