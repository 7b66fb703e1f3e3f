import type { Metrics } from '#lib/metrics.ts';
import { types } from './message.ts';

/** Who knew: this server itself; the cache of what resolvers outside said; one of those. */
export type How = 'own' | 'kept' | 'asked';
export type Count = (type: number, rcode: number, isTcp: boolean, how: How) => void;

/** Counts answers by kind, under CoreDNS's names. They become words only when somebody reads them: there is one for each question. */
export function countAnswers(
  metrics: Metrics,
  { address, domain }: { readonly address: string; readonly domain: string },
): Count {
  const counts = new Map<number, number>(); // as many as there are known types, codes, protocols and ways
  const server = 'dns://:53';
  const zoneOf = (how: How): string => (how === 'own' ? `${domain}.` : '.');
  const read = () => [...counts].map(([key, value]) => ({ ...wordsOf(key), value }));
  const family = address.includes(':') ? '2' : '1';
  metrics.counterFrom(
    'coredns_dns_requests_total',
    'Questions answered',
    ['server', 'zone', 'view', 'proto', 'family', 'type'],
    () => summed(read(), ({ how, proto, type }) => [server, zoneOf(how), '', proto, family, type]),
  );
  metrics.counterFrom(
    'coredns_dns_responses_total',
    'Answers given',
    ['server', 'zone', 'view', 'rcode', 'plugin'],
    () => summed(read(), ({ how, rcode }) => [server, zoneOf(how), '', rcode, plugins[how]]),
  );
  metrics.counterFrom(
    'coredns_cache_requests_total',
    'Questions that the cache of answers from outside was asked',
    ['server', 'zones', 'view'],
    () =>
      summed(
        read().filter(({ how }) => how !== 'own'),
        () => [server, '.', ''],
      ),
  );
  metrics.counterFrom(
    'coredns_cache_hits_total',
    'Questions that the cache of answers from outside could answer',
    ['server', 'type', 'zones', 'view'],
    () =>
      summed(
        read().filter(({ how }) => how === 'kept'),
        ({ rcode }) => [server, rcode === 'NXDOMAIN' ? 'denial' : 'success', '.', ''],
      ),
  );
  return (type, rcode, isTcp, how) => {
    const key =
      ((typeNames.has(type) ? type : 0) << 8) | ((rcode & 31) << 3) | (ways.indexOf(how) << 1) | Number(isTcp);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
}
const ways: readonly How[] = ['own', 'kept', 'asked'];
const plugins: Readonly<Record<How, string>> = { own: 'kubernetes', kept: 'cache', asked: 'forward' };

interface Words {
  readonly proto: string;
  readonly how: How;
  readonly rcode: string;
  readonly type: string;
}

function wordsOf(key: number): Words {
  const rcode = (key >> 3) & 31;
  return {
    proto: key & 1 ? 'tcp' : 'udp',
    how: ways[(key >> 1) & 3]!,
    rcode: rcodeNames.get(rcode) ?? `RCODE${rcode}`,
    type: typeNames.get(key >> 8) ?? 'other',
  };
}

/** Counts whose labels are the same are one. */
function summed(
  all: readonly (Words & { readonly value: number })[],
  labelsOf: (words: Words) => readonly string[],
): readonly { readonly values: readonly string[]; readonly value: number }[] {
  const sums = new Map<string, { readonly values: readonly string[]; value: number }>();
  for (const one of all) {
    const values = labelsOf(one);
    const known = sums.get(values.join());
    if (known === undefined) sums.set(values.join(), { values, value: one.value });
    else known.value += one.value;
  }
  return [...sums.values()];
}

const typeNames = new Map<number, string>(Object.entries(types).map(([name, type]) => [type, name]));
const rcodeNames = new Map([
  [0, 'NOERROR'],
  [1, 'FORMERR'],
  [2, 'SERVFAIL'],
  [3, 'NXDOMAIN'],
  [4, 'NOTIMP'],
  [5, 'REFUSED'],
  [16, 'BADVERS'],
]);
