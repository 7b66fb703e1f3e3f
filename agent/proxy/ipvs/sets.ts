// The sets of addresses and ports that a few fixed rules match: their number does not grow with the Services'.
import type { Family } from '#lib/ip.ts';

/** Members are `address,protocol:port` (and a third part), `address`, or a port. */
const types = {
  'CLUSTER-IP': 'hash:ip,port',
  // Outside addresses that may be answered by any node, and those that only this node's targets answer.
  EXTERNAL: 'hash:ip,port',
  'EXTERNAL-LOCAL': 'hash:ip,port',
  'NODE-PORT-TCP': 'bitmap:port',
  'NODE-PORT-UDP': 'bitmap:port',
  'NODE-PORT-SCTP': 'bitmap:port',
  'HEALTH-CHECK': 'bitmap:port',
  // Fronts that only targets of this node may answer, of which it has none: another node may.
  'NO-LOCAL': 'hash:ip,port',
  // A target that reaches itself through its Service.
  'LOOP-BACK': 'hash:ip,port,ip',
  // Load balancers' addresses that are not open to everybody, and to whom they are.
  FIREWALL: 'hash:ip,port',
  'FIREWALL-SOURCE': 'hash:ip,port,net',
  // Every address of the link that holds those of Services.
  ADDRESSES: 'hash:ip',
} as const;
export type SetKind = keyof typeof types;

export const setKinds = Object.keys(types) as readonly SetKind[];

export function setName(kind: SetKind, family: Family): string {
  return `${prefixOf(family)}${kind}`;
}

/** As `ipset create` takes it. */
export function setOptions(kind: SetKind, family: Family): string {
  const type = types[kind];
  return type === 'bitmap:port'
    ? `${type} range 0-65535`
    : `${type} family ${family === 4 ? 'inet' : 'inet6'} maxelem 1048576`;
}

export function isOurSet(name: string, family: Family): boolean {
  return setKinds.some((kind) => setName(kind, family) === name);
}

function prefixOf(family: Family): string {
  return family === 4 ? 'SKIFF-4-' : 'SKIFF-6-';
}
