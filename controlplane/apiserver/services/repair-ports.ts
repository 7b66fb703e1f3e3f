import { services } from '#lib/api/resources.ts';
import type { EventRecorder } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Registry } from '../registry/registry.ts';
import type { Span } from './pick.ts';
import { planPortRepair } from './plan-port-repair.ts';
import type { PortKeys } from './port-keys.ts';

export interface PortRepairOptions {
  readonly registry: Pick<Registry, 'reader'>;
  readonly ports: Span;
  readonly keys: PortKeys | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** @returns what brings node ports and the keys that stand for them in step, once */
export function createPortRepair({
  registry,
  ports,
  keys,
  events,
  clock,
  log,
}: PortRepairOptions): () => Promise<void> {
  let since: ReadonlyMap<string, number> = new Map(); // keys that were without a Service the last time
  return async () => {
    const [known, mapped] = await Promise.all([keys?.list(), keys?.mapped()]);
    const nowMs = clock.now();
    const doubtful = new Set([...since].filter(([, ms]) => nowMs - ms > youngMs).map(([key]) => key));
    const facts = { services: registry.reader(services).list(), ports, doubtful };
    const next = new Map<string, number>();
    for (const step of planPortRepair(known === undefined ? facts : { ...facts, keys: known, mapped: mapped! })) {
      const key = 'uid' in step ? `${step.port} ${step.uid}` : '';
      if (step.do === 'doubt') next.set(key, since.get(key) ?? nowMs);
      else if (step.do === 'give') keys?.give(step.port, step.uid, 'repair');
      else if (step.do === 'adopt') await keys?.take(step.port, step.uid, 'has');
      else {
        const { namespace, name } = step.owner;
        const { reason, message } = step.why;
        events.record({ apiVersion: 'v1', kind: 'Service', namespace, name }, 'Warning', reason, message);
        log.warn('Found wrong node port of Service', { service: `${namespace}/${name}`, reason });
        if (step.do === 'take') await keys?.take(step.port, step.uid, 'has');
      }
    }
    since = next;
  };
}
const youngMs = 60_000;
