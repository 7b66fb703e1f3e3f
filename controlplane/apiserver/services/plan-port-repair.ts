// What is wrong with the node ports of Services, and with the keys that stand for them. Pure.
// Rule: portallocator repair controller.
import type { Service } from '#lib/api/types/core.v1.ts';
import type { Owner } from './address-objects.ts';
import { nodePortsOf } from './allocate-ports.ts';
import type { Span } from './pick.ts';
import { ownerOf } from './plan-repair.ts';
import type { PortKey } from './port-keys.ts';

export interface PortFacts {
  readonly services: readonly Service[];
  readonly ports: Span;
  /** Absent: this server alone gives ports away, and keeps none. */
  readonly keys?: readonly PortKey[];
  /** Ports that the map has, which upstream's servers go by. */
  readonly mapped?: ReadonlySet<number>;
  /** Keys (`PORT UID`) that have been without a Service for so long that nobody can be about to write it. */
  readonly doubtful: ReadonlySet<string>;
}

export type PortRepair =
  | { readonly do: 'complain'; readonly owner: Owner; readonly why: PortComplaint }
  | {
      readonly do: 'take';
      readonly owner: Owner;
      readonly why: PortComplaint;
      readonly port: number;
      readonly uid: string;
    }
  /** It is a Service's, and only one of key and map says so. */
  | { readonly do: 'adopt'; readonly port: number; readonly uid: string }
  | { readonly do: 'give'; readonly port: number; readonly uid: string }
  | { readonly do: 'doubt'; readonly port: number; readonly uid: string };

export interface PortComplaint {
  readonly reason: 'PortNotAllocated' | 'PortOutOfRange' | 'PortAlreadyAllocated';
  readonly message: string;
}

export function planPortRepair({ services, ports, keys, mapped, doubtful }: PortFacts): readonly PortRepair[] {
  const holders = new Map(keys?.map(({ port, uid }) => [port, uid]));
  const wanted = new Map<number, string>(); // the uid of the first Service that has it
  const steps: PortRepair[] = [];
  for (const service of services) {
    const { uid = '' } = service.metadata;
    for (const port of nodePortsOf(service)) {
      const say = (reason: PortComplaint['reason'], message: string) => ({
        owner: ownerOf(service),
        why: { reason, message },
      });
      if (port < ports.first || port >= ports.first + ports.size) {
        const range = `${ports.first}-${ports.first + ports.size - 1}`;
        const message = `Port ${port} is not within the port range ${range}; please recreate service`;
        steps.push({ do: 'complain', ...say('PortOutOfRange', message) });
      } else if (wanted.has(port)) {
        const message = `Port ${port} was assigned to multiple services; please recreate service`;
        steps.push({ do: 'complain', ...say('PortAlreadyAllocated', message) });
      } else {
        wanted.set(port, uid);
        if (keys === undefined) continue;
        const isHeld = holders.get(port) === uid;
        const isMapped = mapped?.has(port) ?? isHeld;
        if (isHeld && isMapped) continue;
        if (isHeld || (isMapped && !holders.has(port))) {
          steps.push({ do: 'adopt', port, uid });
          continue;
        }
        const why = say('PortNotAllocated', `Port ${port} is not allocated; repairing`);
        if (!holders.has(port)) steps.push({ do: 'take', port, uid, ...why });
      }
    }
  }
  for (const { port, uid } of keys ?? []) {
    if (wanted.get(port) !== uid) steps.push({ do: doubtful.has(`${port} ${uid}`) ? 'give' : 'doubt', port, uid });
  }
  for (const port of mapped ?? []) {
    if (wanted.has(port) || holders.has(port)) continue;
    steps.push({ do: doubtful.has(`${port} `) ? 'give' : 'doubt', port, uid: '' });
  }
  return steps;
}
