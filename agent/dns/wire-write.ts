import { assertNever } from '#lib/errors.ts';
import { parseIp } from '#lib/ip.ts';
import { type Answer, type DnsRecord, rcodes, types } from './message.ts';
import type { Query } from './wire-read.ts';

/** The largest answer over UDP that surely is not cut into fragments. Rule: DNS Flag Day 2020. */
export const udpSize = 1232;

/** How large an answer to `query` may be over UDP. */
export function udpLimit({ edns }: Query): number {
  return edns === undefined ? 512 : Math.min(Math.max(edns.size, 512), udpSize);
}

/**
 * The bytes of an answer, at most `limit` long: where it would be longer it holds what fits and says that it is truncated,
 * so that the client asks again over TCP. Names are compressed.
 */
export function writeAnswer(query: Query, answer: Answer, limit: number): Uint8Array {
  const writer = new Writer(limit - (query.edns === undefined ? 0 : 11));
  writer.header(query);
  const [answers, isWhole] = writer.records(answer.answers);
  const [authorities] = isWhole ? writer.records(answer.authorities) : [0];
  const [additionals] = isWhole ? writer.records(answer.additionals) : [0];
  if (query.edns !== undefined) writer.opt(answer.rcode, query.edns.wantsDnssec);
  const flags =
    0x8080 | // an answer, from one who recurses
    (query.opcode << 11) |
    (answer.isAuthoritative ? 0x0400 : 0) |
    (isWhole ? 0 : 0x0200) |
    (query.isRecursionDesired ? 0x0100 : 0) |
    (answer.rcode & 15);
  return writer.finish(query.id, flags, [answers, authorities, additionals + (query.edns === undefined ? 0 : 1)]);
}

/** The shortest answer to what could not be read. */
export function writeFormatError(id: number): Uint8Array {
  return Uint8Array.of(id >> 8, id & 255, 0x80, 0x80 | rcodes.formatError, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** A query of our own for the same question. */
export function writeQuery(query: Query, id: number): Uint8Array {
  const writer = new Writer(udpSize);
  writer.header(query);
  if (query.edns !== undefined) writer.opt(0, query.edns.wantsDnssec);
  const flags = 0x0100 | (query.isCheckingDisabled ? 0x0010 : 0);
  return writer.finish(id, flags, [0, 0, query.edns === undefined ? 0 : 1]);
}

/** Bytes under a limit; knows where names stand, to point at them. */
class Writer {
  #bytes = Buffer.allocUnsafe(512);
  #at = 12;
  readonly #limit: number;
  readonly #names = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  header({ question, name }: Query): void {
    this.#room(question.length);
    this.#bytes.set(question, 12);
    this.#at = 12 + question.length;
    let at = 12;
    for (let rest = name; rest !== ''; rest = rest.slice(nextDot(rest) + 1)) {
      this.#names.set(rest, at);
      at += 1 + (question[at - 12] ?? 0);
      if (nextDot(rest) === -1) break;
    }
  }

  /** Writes as many as fit. Returns how many, and whether that is all. */
  records(records: readonly DnsRecord[]): [number, boolean] {
    for (const [count, record] of records.entries()) {
      const start = this.#at;
      this.#record(record);
      if (this.#at > this.#limit) {
        this.#at = start;
        for (const [name, at] of this.#names) if (at >= start) this.#names.delete(name);
        return [count, false];
      }
    }
    return [records.length, true];
  }

  opt(rcode: number, wantsDnssec = false): void {
    this.#uint8(0);
    this.#uint16(types.OPT);
    this.#uint16(udpSize);
    this.#uint8(rcode >> 4);
    this.#uint8(0);
    this.#uint16(wantsDnssec ? 0x8000 : 0);
    this.#uint16(0);
  }

  finish(id: number, flags: number, counts: readonly number[]): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#at);
    [id, flags, 1, ...counts].forEach((value, index) => {
      bytes.writeUInt16BE(value, index * 2);
    });
    return bytes;
  }

  #record(record: DnsRecord): void {
    this.#name(record.name);
    this.#uint16(types[record.type]);
    this.#uint16(1);
    this.#uint32(record.ttl);
    const lengthAt = this.#at;
    this.#uint16(0);
    this.#data(record);
    this.#bytes.writeUInt16BE(this.#at - lengthAt - 2, lengthAt);
  }

  #data(record: DnsRecord): void {
    switch (record.type) {
      case 'A':
      case 'AAAA':
        this.#address(record.address, record.type === 'A' ? 4 : 16);
        break;
      case 'CNAME':
      case 'PTR':
      case 'NS':
        this.#name(record.target);
        break;
      case 'SRV':
        this.#uint16(record.priority);
        this.#uint16(record.weight);
        this.#uint16(record.port);
        this.#name(record.target, false); // RFC 2782: not compressed
        break;
      case 'TXT':
        this.#text(record.text);
        break;
      case 'HINFO':
        this.#text(record.cpu);
        this.#text(record.os);
        break;
      case 'SOA':
        this.#name(record.primary);
        this.#name(record.contact);
        for (const value of [record.serial, 7200, 1800, 86400, record.minimumSeconds]) this.#uint32(value);
        break;
      default:
        assertNever(record, 'record');
    }
  }

  #name(name: string, mayPoint = true): void {
    let rest = name;
    while (rest !== '') {
      const known = mayPoint ? this.#names.get(rest) : undefined;
      if (known !== undefined) {
        this.#uint16(0xc000 | known);
        return;
      }
      if (mayPoint && this.#at < 0x4000) this.#names.set(rest, this.#at);
      const dot = nextDot(rest);
      this.#text(rest.slice(0, dot === -1 ? undefined : dot).replaceAll('\\.', '.'));
      rest = dot === -1 ? '' : rest.slice(dot + 1);
    }
    this.#uint8(0);
  }

  #text(text: string): void {
    const length = Math.min(text.length, 255);
    this.#uint8(length);
    this.#room(length);
    this.#at += this.#bytes.write(text.slice(0, length), this.#at, 'latin1');
  }

  #address(text: string, size: number): void {
    let value = parseIp(text)?.value ?? 0n;
    this.#room(size);
    for (let at = this.#at + size - 1; at >= this.#at; at--, value >>= 8n) this.#bytes[at] = Number(value & 255n);
    this.#at += size;
  }

  #uint8(value: number): void {
    this.#room(1);
    this.#at = this.#bytes.writeUInt8(value, this.#at);
  }

  #uint16(value: number): void {
    this.#room(2);
    this.#at = this.#bytes.writeUInt16BE(value, this.#at);
  }

  #uint32(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** The next dot that parts labels: one after a backslash does not. */
function nextDot(name: string): number {
  let dot = name.indexOf('.');
  while (dot > 0 && name[dot - 1] === '\\') dot = name.indexOf('.', dot + 1);
  return dot;
}
