import type { Metrics } from '#lib/metrics.ts';
import { types } from './message.ts';

/** Counts answers by kind. They become words only when somebody reads them: there is one for each question. */
export function countAnswers(metrics: Metrics): (type: number, rcode: number, isTcp: boolean) => void {
  const counts = new Map<number, number>(); // as many as there are known types, codes and protocols
  metrics.counterFrom('skiff_dns_responses_total', 'Answers given, by kind', ['proto', 'type', 'rcode'], () =>
    [...counts].map(([key, value]) => ({ values: wordsOf(key), value })),
  );
  return (type, rcode, isTcp) => {
    const key = ((typeNames.has(type) ? type : 0) << 6) | ((rcode & 31) << 1) | Number(isTcp);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
}

function wordsOf(key: number): readonly string[] {
  return [key & 1 ? 'tcp' : 'udp', typeNames.get(key >> 6) ?? 'other', `${(key >> 1) & 31}`];
}

const typeNames = new Map<number, string>(Object.entries(types).map(([name, type]) => [type, name]));
