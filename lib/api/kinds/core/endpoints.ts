import { at, child, invalidValue, required } from '../../field-errors.ts';
import { wrongIp } from '../../ip.ts';
import { wrongPort } from '../../ports.ts';
import type { Endpoints } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { endpointsWarnings } from '../warnings/others.ts';

const mostShown = 3;

export const endpoints: KindParts<Endpoints> = {
  warnings: endpointsWarnings,
  allowsCreateOnUpdate: true,
  defaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
  },
  validate: ({ subsets }) => (subsets ?? []).flatMap((subset, index) => validateSubset(subset, at('subsets', index))),
  columns: columns(['Name', 'Endpoints', '@Age']),
  row: (object, nowMs) => [object.metadata.name, textOf(object), ageOf(object.metadata, nowMs)],
};

type Subset = NonNullable<Endpoints['subsets']>[number];

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: Subset, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    causes.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [field, list] of [
    ['addresses', addresses],
    ['notReadyAddresses', notReadyAddresses],
  ] as const) {
    for (const [index, { ip }] of list.entries()) {
      const where = child(at(child(path, field), index), 'ip');
      causes.push(...wrongIp(ip ?? '').map((message) => invalidValue(where, ip ?? '', message)));
    }
  }
  for (const [index, { port, name }] of ports.entries()) {
    const field = at(child(path, 'ports'), index);
    if (ports.length > 1 && !name) causes.push(required(child(field, 'name')));
    causes.push(...wrongPort(port ?? 0).map((message) => invalidValue(child(field, 'port'), port ?? 0, message)));
  }
  return causes;
}

/** The first three that are ready, and how many more there are. */
function textOf({ subsets }: Endpoints): string {
  const all = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`));
  });
  if (all.length === 0) return '<none>';
  const shown = all.slice(0, mostShown).join(',');
  return all.length > mostShown ? `${shown} + ${all.length - mostShown} more...` : shown;
}
