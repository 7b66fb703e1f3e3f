import type { Family } from '#lib/ip.ts';
import { linkName } from './base.ts';

/** An object that is to become `text`, or to go; `isThere`: some text of it is in the kernel. */
export interface Change {
  readonly id: string;
  readonly text: string | undefined;
  readonly isThere: boolean;
}

/** What each program is given, in this order: who is looked up comes before who looks, and goes after. */
export interface Inputs {
  /** For `ipset restore -exist`: new members. */
  readonly newMembers: string;
  /** For `ip -batch`. */
  readonly newAddresses: string;
  /** For `ipvsadm --restore`: virtual and real servers. */
  readonly servers: string;
  readonly oldAddresses: string;
  readonly oldMembers: string;
}

export function renderChanges(changes: readonly Change[], family: Family): Inputs {
  const of = (kind: string, isGone: boolean) =>
    changes.filter(({ id, text }) => id.startsWith(`${kind} `) && (text === undefined) === isGone);
  const goneServers = new Set(of('server', true).map(({ id }) => id));
  const bits = family === 4 ? 32 : 128;
  const address = (verb: string, { id }: Change) =>
    `address ${verb} ${wordsOf(id)[1]}/${bits} dev ${linkName}${verb === 'add' && family === 6 ? ' nodad' : ''}`;
  const memberOf = (verb: string, { id }: Change) => `${verb} ${wordsOf(id).slice(1).join(' ')}`;
  return {
    newMembers: lines(of('member', false).map((change) => memberOf('add', change))),
    newAddresses: lines(of('address', false).map((change) => address('add', change))),
    servers: lines([
      ...of('server', false).map(({ id, text, isThere }) => `${isThere ? '-E' : '-A'} ${serverOf(id)} ${text}`),
      ...of('real', false).map(
        ({ id, text, isThere }) => `${isThere ? '-e' : '-a'} ${serverOf(id)} -r ${wordsOf(id)[3]} ${text}`,
      ),
      ...of('real', true)
        .filter(({ id }) => !goneServers.has(serverIdOf(id))) // else it goes with its virtual server
        .map(({ id }) => `-d ${serverOf(id)} -r ${wordsOf(id)[3]}`),
      ...of('server', true).map(({ id }) => `-D ${serverOf(id)}`),
    ]),
    oldAddresses: lines(of('address', true).map((change) => address('del', change))),
    oldMembers: lines(of('member', true).map((change) => memberOf('del', change))),
  };
}

export function serverIdOf(real: string): string {
  const [, protocol, at] = wordsOf(real);
  return `server ${protocol} ${at}`;
}

/** How ipvsadm is told of a virtual server, or of that of a real one. */
export function serverWords(id: string): readonly [flag: string, at: string] {
  const [, protocol = '', at = ''] = wordsOf(id);
  return [flags[protocol] ?? '-t', at];
}

function serverOf(id: string): string {
  return serverWords(id).join(' ');
}
const flags: Readonly<Record<string, string>> = { tcp: '-t', udp: '-u', sctp: '--sctp-service' };

function wordsOf(id: string): readonly string[] {
  return id.split(' ');
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
