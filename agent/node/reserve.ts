// What of a node is not for pods. Pure. Rule: "Reserve Compute Resources for System Daemons".
import { milliValue, wholeValue } from '#lib/api/quantity.ts';
import type { Machine } from './machine.ts';

type Quantities = Readonly<Record<string, string>>;

export interface ReserveRule {
  readonly systemReserved: Quantities;
  readonly kubeReserved: Quantities;
  /** What is kept free so that nothing has to be evicted: quantities or percents, by signal. */
  readonly evictionHard: Quantities;
  /** Whether pods are limited to what is theirs. */
  readonly isEnforced: boolean;
}

export const standardReserve: ReserveRule = {
  systemReserved: {},
  kubeReserved: {},
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%' },
  isEnforced: true,
};

export interface Amounts {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly storageBytes: number;
}

/** What all pods together may use: the whole machine if nothing is enforced. */
export function limitOfPods(machine: Machine, rule: ReserveRule): Amounts {
  return rule.isEnforced ? minus(wholeOf(machine), heldFor(rule)) : wholeOf(machine);
}

/** What the scheduler may count on. */
export function leftForPods(machine: Machine, rule: ReserveRule): Amounts {
  const inPages = Object.values(machine.hugePages).reduce((sum, bytes) => sum + bytes, 0);
  const { memoryBytes, storageBytes } = machine;
  const kept = (signal: string, of: number) => amount(rule.evictionHard[signal], of);
  return minus(minus(wholeOf(machine), heldFor(rule)), {
    cpuMilli: 0,
    memoryBytes: inPages + kept('memory.available', memoryBytes),
    storageBytes: kept('nodefs.available', storageBytes),
  });
}

function wholeOf({ cpus, memoryBytes, storageBytes }: Machine): Amounts {
  return { cpuMilli: cpus * 1000, memoryBytes, storageBytes };
}

function heldFor({ systemReserved, kubeReserved }: ReserveRule): Amounts {
  const sum = (name: string, measure: (text: string) => number) =>
    [systemReserved, kubeReserved].reduce((all, one) => all + (one[name] === undefined ? 0 : measure(one[name])), 0);
  return {
    cpuMilli: sum('cpu', milliValue),
    memoryBytes: sum('memory', wholeValue),
    storageBytes: sum('ephemeral-storage', wholeValue),
  };
}

function amount(text: string | undefined, of: number): number {
  if (text === undefined) return 0;
  return text.endsWith('%') ? Math.ceil((of * Number(text.slice(0, -1))) / 100) : wholeValue(text);
}

function minus(from: Amounts, what: Amounts): Amounts {
  const left = (name: keyof Amounts) => Math.max(0, from[name] - what[name]);
  return { cpuMilli: left('cpuMilli'), memoryBytes: left('memoryBytes'), storageBytes: left('storageBytes') };
}
