import { decode } from 'dns-packet';
import { type Decision, type DnsFacts, decide } from './answer.ts';
import type { Forwarder } from './forward.ts';
import { type Answer, bare, type DnsRecord, type Question, rcodes, types } from './message.ts';
import { type Query, readQuery } from './wire-read.ts';
import { udpLimit, writeAnswer, writeFormatError } from './wire-write.ts';

export interface Responder {
  /** The bytes to send back; undefined: nothing. Never throws, whatever `bytes` are. */
  respond(bytes: Uint8Array, isTcp: boolean, signal: AbortSignal): Reply | Promise<Reply>;
}
export type Reply = Uint8Array | undefined;

export interface ResponderOptions {
  readonly facts: DnsFacts;
  readonly forwarder: Forwarder;
  /** Before that nobody can say what is not there. */
  isSynced(): boolean;
  /** Told of each answer, for metrics. */
  onAnswer?(type: number, rcode: number, isTcp: boolean): void;
}

/** From the bytes of a query to those of its answer. */
export function createResponder({ facts, forwarder, isSynced, onAnswer = () => {} }: ResponderOptions): Responder {
  function reply(query: Query, answer: Answer, isTcp: boolean): Reply {
    onAnswer(query.type, answer.rcode, isTcp);
    return writeAnswer(query, answer, isTcp ? 65_535 : udpLimit(query));
  }

  async function forward(query: Query, isTcp: boolean, signal: AbortSignal): Promise<Reply> {
    try {
      const answer = await forwarder.ask(query, isTcp, signal);
      if (!isTcp && answer.length > udpLimit(query)) return truncated(query, answer);
      onAnswer(query.type, answer[3]! & 15, isTcp);
      return answer;
    } catch {
      return reply(query, bare(rcodes.serverFailure), isTcp);
    }
  }

  /** ExternalName: the alias, and what its target has, as far as that can be found out. */
  async function follow(
    query: Query,
    { alias, target }: Extract<Decision, { readonly do: 'follow' }>,
    isTcp: boolean,
    signal: AbortSignal,
  ): Promise<Reply> {
    const answers: DnsRecord[] = [alias];
    let name = target;
    while (query.type !== types.CNAME && answers.length < mostAliases) {
      const next = decide({ name, type: query.type }, facts);
      if (next.do === 'answer') answers.push(...next.answer.answers);
      if (next.do === 'forward') answers.push(...(await addressesOutside(query, name, signal)));
      if (next.do !== 'follow') break;
      answers.push(next.alias);
      name = next.target;
    }
    return reply(query, { ...bare(rcodes.noError), isAuthoritative: true, answers }, isTcp);
  }

  async function addressesOutside(query: Query, name: string, signal: AbortSignal): Promise<readonly DnsRecord[]> {
    try {
      const question = questionBytes({ name, type: query.type });
      return recordsIn(await forwarder.ask({ ...query, name, question, edns: undefined }, true, signal));
    } catch {
      return []; // the alias alone is true as well
    }
  }

  return {
    respond(bytes, isTcp, signal) {
      const query = readQuery(bytes);
      if ('malformed' in query) return query.id === undefined ? undefined : writeFormatError(query.id);
      const refusal = refusalOf(query);
      if (refusal !== undefined) return reply(query, bare(refusal), isTcp);
      const decision = decide(query, facts);
      if (decision.do === 'forward') return forward(query, isTcp, signal);
      if (!isSynced()) return reply(query, bare(rcodes.serverFailure), isTcp);
      if (decision.do === 'follow') return follow(query, decision, isTcp, signal);
      return reply(query, decision.answer, isTcp);
    },
  };
}
const mostAliases = 8;

function refusalOf({ opcode, edns, class: kind }: Query): number | undefined {
  if (opcode !== 0) return rcodes.notImplemented;
  if (edns !== undefined && edns.version !== 0) return rcodes.badVersion;
  return kind === 1 ? undefined : rcodes.refused;
}

/** The head of an answer that is too long for UDP: the client asks again over TCP. */
function truncated(query: Query, answer: Uint8Array): Uint8Array {
  const short = Buffer.from(writeAnswer(query, bare(answer[3]! & 15), udpLimit(query)));
  short[2] = short[2]! | 2;
  return short;
}

function questionBytes({ name, type }: Question): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  return Uint8Array.from([...labels, 0, type >> 8, type & 255, 0, 1]);
}

function recordsIn(bytes: Uint8Array): readonly DnsRecord[] {
  return (decode(Buffer.from(bytes)).answers ?? []).flatMap((record): DnsRecord[] => {
    const name = 'name' in record ? record.name.toLowerCase() : '';
    const ttl = 'ttl' in record ? (record.ttl ?? 0) : 0;
    if (record.type === 'A' || record.type === 'AAAA') return [{ name, ttl, type: record.type, address: record.data }];
    if (record.type === 'CNAME') return [{ name, ttl, type: 'CNAME', target: record.data.toLowerCase() }];
    return [];
  });
}
