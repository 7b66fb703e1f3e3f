// A PKCS#10 request that names no subject: it only shows that who asks has the key. Written by hand, as it is a few nested
// records, so that a node does not load a certificate library (25 MB) for it. Rule: RFC 2986, RFC 5480, RFC 8410.
import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { assertNever } from '#lib/errors.ts';
import { tlv } from './der.ts';

export const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'] as const;
export type KeyType = (typeof keyTypes)[number];

export interface StubRequest {
  /** PKCS#8, PEM. */
  readonly privateKey: string;
  readonly der: Buffer;
}

/** A new key of `type`, and the request that it has signed. */
export async function createStubRequest(type: KeyType): Promise<StubRequest> {
  const { publicKey, privateKey } = await generateKey(type);
  const { hash, algorithm } = signatures[type];
  const subject = tlv(0x30);
  const attributes = tlv(0xa0);
  const info = tlv(
    0x30,
    tlv(0x02, Buffer.of(0)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    attributes,
  );
  const signature = sign(hash, info, privateKey);
  const der = tlv(0x30, info, tlv(0x30, Buffer.from(algorithm, 'hex')), tlv(0x03, Buffer.of(0), signature));
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), der };
}

/** Off the main thread: a long RSA key takes seconds. */
function generateKey(type: KeyType): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  switch (type) {
    case 'RSA3072':
      return generate('rsa', { modulusLength: 3072 });
    case 'RSA4096':
      return generate('rsa', { modulusLength: 4096 });
    case 'ECDSAP256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'ECDSAP384':
      return generate('ec', { namedCurve: 'P-384' });
    case 'ECDSAP521':
      return generate('ec', { namedCurve: 'P-521' });
    case 'ED25519':
      return generate('ed25519');
    default:
      return assertNever(type, 'key type');
  }
}

const generate = promisify(generateKeyPair);

const rsa = { hash: 'sha256', algorithm: '06092a864886f70d01010b0500' }; // sha256WithRSAEncryption, NULL
const signatures: Readonly<Record<KeyType, { readonly hash: string | null; readonly algorithm: string }>> = {
  RSA3072: rsa,
  RSA4096: rsa,
  ECDSAP256: { hash: 'sha256', algorithm: '06082a8648ce3d040302' },
  ECDSAP384: { hash: 'sha384', algorithm: '06082a8648ce3d040303' },
  ECDSAP521: { hash: 'sha512', algorithm: '06082a8648ce3d040304' },
  ED25519: { hash: null, algorithm: '06032b6570' },
};
