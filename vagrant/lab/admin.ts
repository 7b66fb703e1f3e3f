import { type Connection, connect } from '#lib/client/connect.ts';
import type { LabLayout } from './layout.ts';

/** A connection to the lab's API server as its administrator. */
export function connectAsAdmin({ kubeconfig }: Pick<LabLayout, 'kubeconfig'>): Promise<Connection> {
  return connect(kubeconfig, { userAgent: 'skiff' });
}
