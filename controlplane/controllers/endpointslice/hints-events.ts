import { keyOf } from '#lib/api/resource.ts';
import { services as serviceResource } from '#lib/api/resources.ts';
import type { Service } from '#lib/api/types/core.v1.ts';
import { type EventRecorder, referenceTo } from '#lib/client/events.ts';

/** Tells by events what becomes of a Service's wish for topology-aware hints: each time that this is another. */
export function createHintsTeller(events: EventRecorder) {
  const told = new Map<string, string>(); // by Service and family: goes with the Service

  function tellOne(service: Service, id: string, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (told.get(id) === message) return;
    told.set(id, message);
    events.record(referenceTo(serviceResource, service), type, reason, message);
  }

  return {
    /** `outcome`: for each family why there are no hints, or undefined if there are; absent if none are wished for. */
    tell(service: Service, outcome: ReadonlyMap<string, string | undefined> | undefined): void {
      for (const family of families) {
        const id = `${keyOf(service)} ${family}`;
        const tail = `, addressType: ${family}`;
        const problem = outcome?.get(family);
        if (problem !== undefined) tellOne(service, id, 'Warning', disabled, `${problem}${tail}`);
        else if (outcome?.has(family)) {
          tellOne(service, id, 'Normal', 'TopologyAwareHintsEnabled', `Topology Aware Hints has been enabled${tail}`);
        } else if (told.has(id)) {
          tellOne(service, id, 'Warning', disabled, `Topology Aware Hints has been disabled${tail}`);
          told.delete(id);
        }
      }
    },
    forget(key: string): void {
      for (const family of families) told.delete(`${key} ${family}`);
    },
  };
}
const families = ['IPv4', 'IPv6'] as const;
const disabled = 'TopologyAwareHintsDisabled';
