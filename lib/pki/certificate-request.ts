// A PKCS#10 request with a subject and names, written by hand as it is a few nested records: a node does not load a
// certificate library (25 MB) for it. Rule: RFC 2986, RFC 5280 4.2.1.6, RFC 5480.
import { createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import { parseIp } from '#lib/ip.ts';
import { tlv, toPem } from './der.ts';

export interface RequestedSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ips?: readonly string[];
}

/** A new ECDSA P-256 key: PKCS#8, PEM. */
export async function generateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The request, PEM, signed by `key` (of `generateKey`). */
export function renderRequest(key: string, subject: RequestedSubject): string {
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const info = sequence(tlv(0x02, Buffer.of(0)), distinguishedName(subject), publicKey, attributesOf(subject));
  const signature = tlv(0x03, Buffer.of(0), sign('sha256', info, privateKey));
  return toPem('CERTIFICATE REQUEST', sequence(info, sequence(oid(ecdsaWithSha256)), signature));
}

function distinguishedName({ commonName, organizations }: RequestedSubject): Buffer {
  const parts = [
    ...organizations.map((text) => [organizationName, text] as const),
    [commonNameType, commonName] as const,
  ];
  return sequence(...parts.map(([type, text]) => tlv(0x31, sequence(oid(type), tlv(0x0c, Buffer.from(text))))));
}

/** The names, as the one extension that is asked for; nothing if there are none. */
function attributesOf({ dnsNames = [], ips = [] }: RequestedSubject): Buffer {
  const names = [
    ...dnsNames.map((name) => tlv(0x82, Buffer.from(name, 'latin1'))),
    ...ips.map((ip) => tlv(0x87, addressBytes(ip))),
  ];
  if (names.length === 0) return tlv(0xa0);
  const extension = sequence(oid(alternativeNames), tlv(0x04, sequence(...names)));
  return tlv(0xa0, sequence(oid(extensionRequest), tlv(0x31, sequence(extension))));
}

function addressBytes(text: string): Buffer {
  const ip = parseIp(text);
  if (ip === undefined)
    throw new TypeError(`Cannot ask for a certificate for ${JSON.stringify(text)}: it is no address`);
  const digits = isIPv4(text) ? 8 : 32;
  return Buffer.from(ip.value.toString(16).padStart(digits, '0'), 'hex');
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

const commonNameType = '550403'; // 2.5.4.3
const organizationName = '55040a'; // 2.5.4.10
const alternativeNames = '551d11'; // 2.5.29.17
const extensionRequest = '2a864886f70d01090e'; // 1.2.840.113549.1.9.14
const ecdsaWithSha256 = '2a8648ce3d040302'; // 1.2.840.10045.4.3.2
