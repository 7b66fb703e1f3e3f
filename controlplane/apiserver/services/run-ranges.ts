// Keeps the default range, and what Services have, in step with their objects.
import { ipAddresses, serviceCIDRs, services } from '#lib/api/resources.ts';
import type { IPAddress } from '#lib/api/types/networking.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createEventRecorder } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { formatCidr } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { Registry } from '../registry/registry.ts';
import { timeText } from '../registry/served.ts';
import { addressObject } from './address-objects.ts';
import { defaultRangeRef, planDefaultRange } from './default-range.ts';
import { defaultPorts, parseRanges } from './hooks.ts';
import { planRepair, type Repair } from './plan-repair.ts';
import type { PortKeys } from './port-keys.ts';
import { defaultRangeName, openRanges, rangesOf } from './ranges.ts';
import { createPortRepair } from './repair-ports.ts';

export interface RangesOptions {
  readonly registry: Pick<Registry, 'reader'>;
  /** Speaks as a member of system:masters. */
  readonly client: Client;
  /** As the server was told. */
  readonly range: string;
  /** Where other servers give away ports, too. */
  readonly portKeys?: PortKeys | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Ranges {
  /** Makes the default object what it should be. */
  ensure(signal: AbortSignal): Promise<void>;
  /** Goes on with that, and with repairs, until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export function createRanges({ registry, client, range, portKeys, clock, log }: RangesOptions): Ranges {
  const defaults = parseRanges(range);
  const cidrs = defaults.map(formatCidr);
  const events = createEventRecorder({ client, component: 'ipallocator-repair-controller', clock, log });
  const portEvents = createEventRecorder({ client, component: 'portallocator-repair-controller', clock, log });
  const repairPorts = createPortRepair({
    registry,
    ports: defaultPorts,
    keys: portKeys,
    events: portEvents,
    clock,
    log,
  });
  let hasComplained = false;

  async function ensure(signal: AbortSignal): Promise<void> {
    for (let writes = 0; writes < 3; writes++) {
      const step = planDefaultRange(cidrs, registry.reader(serviceCIDRs).get(defaultRangeName), timeText(clock.now()));
      if (step.do === 'nothing') return;
      if (step.do === 'complain') return complain();
      try {
        if (step.do === 'create') await client.create(serviceCIDRs, step.object, signal);
        else if (step.do === 'update') await client.update(serviceCIDRs, step.object, signal);
        else await client.update(serviceCIDRs, step.object, signal, { subresource: 'status' });
      } catch (error) {
        if (!hasReason(error, 'AlreadyExists', 'Conflict', 'NotFound')) throw error;
      }
    }
  }

  function complain(): void {
    if (hasComplained) return;
    hasComplained = true;
    const has = rangesOf(registry.reader(serviceCIDRs).get(defaultRangeName)!).map(formatCidr);
    const message = `The default ServiceCIDR [${has.join(' ')}] does not match the controller flag configurations [${cidrs.join(' ')}]`;
    events.record(defaultRangeRef, 'Warning', 'KubernetesDefaultServiceCIDRInconsistent', message);
  }

  async function repair(signal: AbortSignal): Promise<void> {
    const ranges = [
      ...openRanges(defaults, []),
      ...registry.reader(serviceCIDRs).list().flatMap(rangesOf), // those that go still hold what they gave
    ];
    const [all, addresses] = [registry.reader(services).list(), registry.reader(ipAddresses).list()];
    for (const step of planRepair({ services: all, addresses, ranges, nowMs: clock.now() })) await apply(step, signal);
  }

  async function apply(step: Repair, signal: AbortSignal): Promise<void> {
    if (step.do !== 'remove') {
      const { namespace, name } = step.owner;
      events.record(
        { apiVersion: 'v1', kind: 'Service', namespace, name },
        'Warning',
        step.why.reason,
        step.why.message,
      );
      log.warn('Found wrong address of Service', { service: `${namespace}/${name}`, reason: step.why.reason });
      if (step.do === 'complain') return;
    }
    try {
      if (step.do !== 'create') await client.delete(ipAddresses, { name: step.address }, signal);
      if (step.do !== 'remove')
        await client.create(ipAddresses, addressObject(step.address, step.owner) as IPAddress, signal);
    } catch (error) {
      if (!hasReason(error, 'NotFound', 'AlreadyExists')) throw error; // somebody else did it
    }
  }

  return {
    ensure,
    async run(signal) {
      let bell = Promise.withResolvers<void>();
      const recording = Promise.all([events.run(signal), portEvents.run(signal)]);
      const stops = [
        registry.reader(serviceCIDRs).onChange(() => bell.resolve()),
        registry.reader(ipAddresses).onChange((now) => now === undefined && bell.resolve()),
      ];
      try {
        while (!signal.aborted) {
          bell = Promise.withResolvers();
          try {
            await ensure(signal);
            await repair(signal);
            await repairPorts();
          } catch (error) {
            if (!signal.aborted) log.warn('Could not repair addresses of Services', { err: error });
          }
          await clock.sleep(restMs, signal).catch(() => {});
          await Promise.race([bell.promise, clock.sleep(everyMs, signal).catch(() => {})]);
        }
      } finally {
        for (const stop of stops) stop();
        await recording;
      }
    },
  };
}
/** What a burst of changes brings about is looked at once. */
const restMs = 2000;
const everyMs = 180_000;
