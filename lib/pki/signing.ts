// What stands in a certificate request of somebody else, and the certificate for it. Loads the library: heavy, and rare.
import type { webcrypto } from 'node:crypto';
import { backdateMs, importKey, type KeyPair, library, pem, serialNumber } from './certificate.ts';

/** What a PEM certificate request asks for. */
export interface RequestFacts {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ips: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

export interface SigningOrder {
  readonly request: string;
  /** As the API names them: `client auth`, `digital signature`. */
  readonly usages: readonly string[];
  readonly lifetimeMs: number;
  readonly nowMs: number;
}

/** @throws if it cannot be read, or is not signed by its own key */
export async function describeRequest(request: string): Promise<RequestFacts> {
  const x509 = await library();
  const parsed = new x509.Pkcs10CertificateRequest(request);
  if (!(await parsed.verify())) throw new Error('unable to verify certificate request signature');
  const names = parsed.extensions.find((one) => one.type === alternativeNames);
  const all = names === undefined ? [] : new x509.SubjectAlternativeNameExtension(names.rawData).names.items;
  const of = (type: string): readonly string[] => all.filter((name) => name.type === type).map(({ value }) => value);
  return {
    commonName: parsed.subjectName.getField('CN')[0] ?? '',
    organizations: parsed.subjectName.getField('O'),
    dnsNames: of('dns'),
    ips: of('ip'),
    emails: of('email'),
    uris: of('url'),
  };
}
const alternativeNames = '2.5.29.17';

/** The certificate, PEM: subject and names as requested, usages as ordered, never longer than its authority. */
export async function signRequest(authority: KeyPair, order: SigningOrder): Promise<string> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.cert);
  const parsed = new x509.Pkcs10CertificateRequest(order.request);
  const names = parsed.extensions.find((one) => one.type === alternativeNames);
  const flags = order.usages.reduce((all, usage) => all | (x509.KeyUsageFlags[keyUsages[usage]!] ?? 0), 0);
  const leftMs = issuer.notAfter.getTime() - order.nowMs;
  const { from, until } = spanOf({ ...order, lifetimeMs: Math.min(order.lifetimeMs, leftMs) });
  const extended = order.usages.flatMap((usage) => extendedUsages[usage] ?? []);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: parsed.subjectName.toJSON(),
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    notBefore: new Date(from),
    notAfter: new Date(Math.min(until, issuer.notAfter.getTime())),
    publicKey: parsed.publicKey,
    signingKey: (await importKey(authority.key)) as webcrypto.CryptoKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
      ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names === undefined ? [] : [new x509.SubjectAlternativeNameExtension(names.rawData)]),
    ],
  });
  return pem(certificate.toString('pem'));
}

/** From a little before now, as clocks of other machines may be behind. Of a short life nothing is taken away for that. */
function spanOf({ nowMs, lifetimeMs }: SigningOrder): { readonly from: number; readonly until: number } {
  const earlierMs = backdateMs(lifetimeMs);
  return { from: nowMs - earlierMs, until: nowMs + lifetimeMs - (lifetimeMs < shortMs ? 0 : earlierMs) };
}
const shortMs = 8 * 3_600_000; // rule: upstream's permissive signing policy

type Flag = keyof typeof import('@peculiar/x509').KeyUsageFlags;

const keyUsages: Readonly<Record<string, Flag>> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'nonRepudiation',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
};

const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
};
