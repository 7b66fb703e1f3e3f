// Several addresses come in another order from question to question, so that those who take the first do not all take the same one.
// The order follows from the question's id: asked the same, the same is said. Rule: CoreDNS, plugin loadbalance.
import type { Answer, DnsRecord } from './message.ts';

/** In how many orders these records may be given. Only where they are `fewTurns` at most, all are worth remembering. */
export function turnsOf(answers: readonly DnsRecord[]): number {
  if (answers.length < 2 || !answers.every(({ type }) => type === 'A' || type === 'AAAA')) return 1;
  return answers.length <= few ? Math.min(answers.length, fewTurns) : answers.length;
}
export const fewTurns = 8;
const few = 24;

/** Which of so many orders the sender of `bytes` gets. */
export function turnOf(bytes: Uint8Array, turns: number): number {
  return ((bytes[0]! << 8) | bytes[1]!) % turns;
}

/** `answer` in the order that the sender of `bytes` gets. */
export function inTurn(answer: Answer, bytes: Uint8Array): Answer {
  const { answers } = answer;
  const turns = turnsOf(answers);
  const first = Math.floor((turnOf(bytes, turns) * answers.length) / turns);
  return first === 0 ? answer : { ...answer, answers: [...answers.slice(first), ...answers.slice(0, first)] };
}
