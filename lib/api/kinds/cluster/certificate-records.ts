// What certificates and requests for them say in their DER: as little as it takes to hold one beside the other. Pure.
// Rule: RFC 5280, section 4.1; RFC 2986, section 4.

export interface CertificateRecord {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The subject's public key with its algorithm, in DER. */
  readonly publicKey: Buffer;
}

/** Undefined: it is no certificate. */
export function readCertificate(der: Buffer): CertificateRecord | undefined {
  const tbs = partsOf(partsOf(wholeOf(der))?.[0]);
  if (tbs === undefined) return undefined;
  const fields = tbs[0]?.tag === 0xa0 ? tbs.slice(1) : tbs; // its version, if it is not the first
  const [, , , validity, , key] = fields;
  const [from, until] = (partsOf(validity) ?? []).map(timeOf);
  if (from === undefined || until === undefined || key?.tag !== 0x30) return undefined;
  return { notBeforeMs: from, notAfterMs: until, publicKey: key.whole };
}

/** The public key of a request (PKCS #10). */
export function keyOfRequest(der: Buffer): Buffer | undefined {
  const key = partsOf(partsOf(wholeOf(der))?.[0])?.[2];
  return key?.tag === 0x30 ? key.whole : undefined;
}

interface Part {
  readonly tag: number;
  readonly body: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
}

function wholeOf(der: Buffer): Part | undefined {
  const part = partAt(der, 0);
  return part?.whole.length === der.length ? part : undefined;
}

/** What a sequence consists of. */
function partsOf(part: Part | undefined): readonly Part[] | undefined {
  if (part?.tag !== 0x30) return undefined;
  const parts: Part[] = [];
  for (let at = 0; at < part.body.length; ) {
    const next = partAt(part.body, at);
    if (next === undefined) return undefined;
    parts.push(next);
    at += next.whole.length;
  }
  return parts;
}

function partAt(bytes: Buffer, at: number): Part | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first - 0x80; // bytes that the length takes
  if (more > 3 || at + 2 + more > bytes.length) return undefined;
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  if (start + length > bytes.length) return undefined;
  return { tag: bytes[at]!, body: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
}

/** UTCTime has two digits of the year, GeneralizedTime four. */
function timeOf({ tag, body }: Part): number | undefined {
  const text = body.toString('latin1');
  const [, year = '', month, day, hour, minute, second] =
    (tag === 0x17 ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
      text,
    ) ?? [];
  if (year === '') return undefined;
  const full = year.length === 4 ? year : `${Number(year) < 50 ? '20' : '19'}${year}`;
  return Date.parse(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
