import { createHash, X509Certificate } from 'node:crypto';

/**
 * The hash by which a joining node knows the cluster's authority: `sha256:` and 64 hexadecimal digits, of its public key.
 * Rule: kubeadm's discovery-token-ca-cert-hash.
 */
export function caHash(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** @throws {TypeError} if `text` is no such hash */
export function parseCaHash(text: string): string {
  const hash = text.trim().toLowerCase();
  if (/^sha256:[0-9a-f]{64}$/.test(hash)) return hash;
  throw new TypeError(
    `This is no hash of an authority: it is sha256: and 64 hexadecimal digits, not ${JSON.stringify(text)}`,
  );
}

/** The certificates in `pem`, one by one. */
export function splitPem(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g) ?? [];
}
