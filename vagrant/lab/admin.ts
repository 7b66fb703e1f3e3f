import { type Connection, connect } from '#lib/client/connect.ts';
import type { Clock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';

/** A connection to the lab's API server as its administrator. */
export function connectAsAdmin(lab: {
  readonly layout: { readonly kubeconfig: string };
  readonly clock: Clock;
}): Promise<Connection> {
  return connect(lab.layout.kubeconfig, { clock: lab.clock, log: createSilentLog(), userAgent: 'skiff' });
}
