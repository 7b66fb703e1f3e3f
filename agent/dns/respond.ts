import { decode } from 'dns-packet';
import type { Clock } from '#lib/clock.ts';
import { type Decision, type DnsFacts, decide } from './answer.ts';
import { copyOf, type Kept } from './cache.ts';
import type { Count, How } from './counts.ts';
import type { Forwarder } from './forward.ts';
import { type Answer, bare, type DnsRecord, type Question, rcodes, types } from './message.ts';
import { createReadyAnswers } from './ready.ts';
import { fewTurns, inTurn, turnOf, turnsOf } from './turns.ts';
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
  readonly clock: Clock;
  /** Before that nobody can say what is not there. */
  isSynced(): boolean;
  /** Told of each answer, for metrics. */
  onAnswer?: Count;
}

/** From the bytes of a query to those of its answer. */
export function createResponder(options: ResponderOptions): Responder {
  const { facts, forwarder, clock, isSynced, onAnswer = () => {} } = options;
  const ready = createReadyAnswers();

  function reply(query: Query, answer: Answer, isTcp: boolean, how: How = 'own'): Uint8Array {
    onAnswer(query.type, answer.rcode, isTcp, how);
    return writeAnswer(query, answer, isTcp ? 65_535 : udpLimit(query));
  }

  /** The same bytes were answered before, and that answer still holds: nothing needs to be read or decided. */
  function again(bytes: Uint8Array): Reply {
    const known = ready.get(bytes, facts.zone.version);
    const kept = known?.kept[turnOf(bytes, known.kept.length)];
    const answer = kept && copyOf(kept, clock.now());
    if (answer === undefined) return undefined;
    answer[0] = bytes[0]!;
    answer[1] = bytes[1]!;
    onAnswer(known!.type, known!.rcode, false, known!.how);
    return answer;
  }

  /** What this server said itself, which holds until the zone changes. */
  function remember(bytes: Uint8Array, { type }: Query, { rcode, answers }: Answer, written: Uint8Array): void {
    const { version } = facts.zone;
    const turns = turnsOf(answers);
    if (turns > fewTurns) return;
    const known = ready.get(bytes, version)?.kept;
    const kept = known?.length === turns ? [...known] : Array<Kept | undefined>(turns).fill(undefined);
    const [ttlOffsets, ttlSeconds] = [[], Number.POSITIVE_INFINITY];
    kept[turnOf(bytes, turns)] = { bytes: Uint8Array.from(written), ttlOffsets, ttlSeconds, atMs: 0 };
    ready.put(bytes, version, { type, rcode, kept, how: 'own' });
  }

  /** What a resolver outside has said already, or will say. */
  function forward(query: Query, bytes: Uint8Array, isTcp: boolean, signal: AbortSignal): Reply | Promise<Reply> {
    const kept = forwarder.known(query, isTcp);
    const answer = kept && copyOf(kept, clock.now());
    if (answer === undefined) return ask(query, isTcp, signal);
    if (!isTcp && answer.length <= udpLimit(query)) {
      const { type } = query;
      ready.put(bytes, facts.zone.version, { type, rcode: answer[3]! & 15, kept: [kept], how: 'kept' });
    }
    return fitted(query, answer, isTcp, 'kept');
  }

  async function ask(query: Query, isTcp: boolean, signal: AbortSignal): Promise<Reply> {
    try {
      return fitted(query, await forwarder.ask(query, isTcp, signal), isTcp, 'asked');
    } catch {
      return reply(query, bare(rcodes.serverFailure), isTcp, 'asked');
    }
  }

  function fitted(query: Query, answer: Uint8Array, isTcp: boolean, how: How): Uint8Array {
    onAnswer(query.type, answer[3]! & 15, isTcp, how);
    return !isTcp && answer.length > udpLimit(query) ? truncated(query, answer) : answer;
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
    while (query.type !== types.CNAME && query.type !== types.ANY && answers.length < mostAliases) {
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
      const known = isTcp ? undefined : again(bytes);
      if (known !== undefined) return known;
      const query = readQuery(bytes);
      if ('malformed' in query) return query.id === undefined ? undefined : writeFormatError(query.id);
      const refusal = refusalOf(query);
      if (refusal !== undefined) return reply(query, bare(refusal), isTcp);
      const decision = decide(query, facts);
      if (decision.do === 'forward') return forward(query, bytes, isTcp, signal);
      if (!isSynced()) return reply(query, bare(rcodes.serverFailure), isTcp);
      if (decision.do === 'follow') return follow(query, decision, isTcp, signal);
      const answer = reply(query, inTurn(decision.answer, bytes), isTcp);
      if (!isTcp) remember(bytes, query, decision.answer, answer);
      return answer;
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
