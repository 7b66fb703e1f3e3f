// Which node ports are given away, as upstream keeps it: one object with a bit for each port of the range.
// Rule: pkg/registry/core/service, ipallocator/storage and portallocator; the data is a big integer, highest byte first.
import type { RangeAllocation } from '#lib/api/types/core.v1.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Store } from '../../store/store.ts';
import { nodePortsKey } from '../registry/layout/kinds.ts';
import type { Span } from './pick.ts';

export interface PortMap {
  /** @returns false if it is set already */
  set(port: number): Promise<boolean>;
  clear(port: number): Promise<void>;
  read(): Promise<ReadonlySet<number>>;
}

export function createPortMap(store: Pick<Store, 'get' | 'commit'>, span: Span): PortMap {
  async function look() {
    const entry = await store.get(nodePortsKey, AbortSignal.timeout(timeoutMs));
    return { revision: entry?.revision ?? 0, ports: entry === undefined ? new Set<number>() : portsIn(entry.value) };
  }

  /** Again and again while others are faster. @returns whether anything had to change */
  async function change(port: number, isSet: boolean): Promise<boolean> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const { revision, ports } = await look();
      if (ports.has(port) === isSet) return false;
      if (isSet) ports.add(port);
      else ports.delete(port);
      const value = Buffer.from(JSON.stringify(allocationOf(ports, span)));
      const done = await store.commit({ key: nodePortsKey, expected: revision, value }, AbortSignal.timeout(timeoutMs));
      if (done.ok) return true;
    }
    throw new ReasonError('Conflict', 'Cannot note a node port as too many others do so at the same time');
  }

  return {
    set: (port) => change(port, true),
    async clear(port) {
      await change(port, false);
    },
    read: async () => (await look()).ports,
  };
}
const timeoutMs = 10_000;
const mostAttempts = 100;

export function allocationOf(ports: Iterable<number>, { first, size }: Span): RangeAllocation {
  const inside = [...ports].map((port) => port - first).filter((bit) => bit >= 0 && bit < size);
  const bytes = Buffer.alloc(inside.length === 0 ? 0 : Math.floor(Math.max(...inside) / 8) + 1);
  for (const bit of inside) bytes[bytes.length - 1 - (bit >> 3)]! |= 1 << (bit & 7);
  const range = `${first}-${first + size - 1}`;
  return { kind: 'RangeAllocation', apiVersion: 'v1', metadata: {}, range, data: bytes.toString('base64') } as never;
}

export function portsIn(value: Uint8Array): Set<number> {
  const { range = '', data = '' } = JSON.parse(Buffer.from(value).toString()) as Partial<RangeAllocation>;
  const first = Number.parseInt(range, 10); // of its own range, which may have been another one
  const bytes = Buffer.from(data, 'base64');
  const ports = new Set<number>();
  if (Number.isNaN(first)) return ports;
  for (const [index, byte] of bytes.entries()) {
    const base = (bytes.length - 1 - index) * 8;
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) ports.add(first + base + bit);
  }
  return ports;
}
