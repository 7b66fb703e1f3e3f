import { milliValue, wholeValue } from '../quantity.ts';
import type { Container, Pod } from '../types/core.v1.ts';

/** Amounts by resource name: CPU in millicores, everything else in whole units (bytes, pieces). */
export type Amounts = Readonly<Record<string, number>>;

/**
 * What a pod asks of a node: the larger of what its containers need together and what any moment of its start needs,
 * plus overhead. Rule: Pod Lifecycle, "Resource sharing within containers"; sidecars count from their start on.
 */
export function podRequests({ spec }: Pod): Amounts {
  const running = sum((spec.containers ?? []).map(requestsOf));
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      sidecars = add(sidecars, own);
      peak = largest(peak, sidecars);
    } else {
      peak = largest(peak, add(sidecars, own));
    }
  }
  const containers = largest(add(running, sidecars), peak);
  const whole = { ...containers, ...amountsOf(spec.resources?.requests) }; // pod-level requests take their place
  return add(whole, amountsOf(spec.overhead));
}

/** The same with a little for containers that ask for nothing, so that scores spread these, too. */
export function nonZeroRequests(
  pod: Pod,
  { cpu = 0, memory = 0 }: Amounts = podRequests(pod),
): { readonly cpu: number; readonly memory: number } {
  const count = pod.spec.containers?.length ?? 0;
  return { cpu: cpu || count * defaultMilliCpu, memory: memory || count * defaultMemory };
}
const defaultMilliCpu = 100;
const defaultMemory = 200 * 1024 * 1024;

function requestsOf(container: Container): Amounts {
  return amountsOf(container.resources?.requests);
}

export function amountsOf(quantities: Readonly<Record<string, string>> | undefined): Amounts {
  const result: Record<string, number> = {};
  for (const [name, text] of Object.entries(quantities ?? {})) {
    result[name] = name === 'cpu' ? milliValue(text) : wholeValue(text);
  }
  return result;
}

export function add(a: Amounts, b: Amounts, sign: 1 | -1 = 1): Amounts {
  const result: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) result[name] = (result[name] ?? 0) + sign * amount;
  return result;
}

function sum(all: readonly Amounts[]): Amounts {
  return all.reduce((total, one) => add(total, one), {});
}

function largest(a: Amounts, b: Amounts): Amounts {
  const result: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) result[name] = Math.max(result[name] ?? 0, amount);
  return result;
}
