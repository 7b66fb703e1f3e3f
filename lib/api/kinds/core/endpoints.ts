import { at, child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongIp, wrongReach } from '../../ip.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import { wrongPort } from '../../ports.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { endpointsWarnings } from '../warnings/others.ts';

const mostShown = 3;

export const endpoints: KindParts<Endpoints> = {
  warnings: endpointsWarnings,
  allowsCreateOnUpdate: true,
  defaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
  },
  validate: validateEndpoints,
  // What was accepted once may stay.
  validateUpdate: (next, previous) => (isSame(next.subsets, previous.subsets) ? [] : validateEndpoints(next)),
  columns: columns(['Name', 'Endpoints', '@Age']),
  row: (object, nowMs) => [object.metadata.name, textOf(object), ageOf(object.metadata, nowMs)],
};

type Subset = NonNullable<Endpoints['subsets']>[number];

/** Rule: core validation ValidateEndpoints. */
function validateEndpoints({ subsets = [] }: Endpoints): StatusCause[] {
  return subsets.flatMap((subset, index) => validateSubset(subset, at('subsets', index)));
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: Subset, path: Path): StatusCause[] {
  const isEmpty = addresses.length + notReadyAddresses.length === 0;
  const all = (list: readonly EndpointAddress[], name: string): StatusCause[] =>
    list.flatMap((address, index) => validateAddress(address, at(child(path, name), index)));
  return [
    ...(isEmpty ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...all(addresses, 'addresses'),
    ...all(notReadyAddresses, 'notReadyAddresses'),
    ...ports.flatMap((port, index) => validatePort(port, ports.length > 1, at(child(path, 'ports'), index))),
  ];
}

/** Traffic is not to be led to where no pod can be. */
function validateAddress({ ip = '', hostname, nodeName }: EndpointAddress, path: Path): StatusCause[] {
  const wrong = wrongIp(ip);
  const field = child(path, 'ip');
  const where = child(path, 'hostname');
  const node = child(path, 'nodeName');
  const reach = wrong.length > 0 ? ['must be a valid IP address'] : wrongReach(ip);
  return [
    ...wrong.map((message) => invalidValue(field, ip, message)),
    ...(hostname ? wrongDns1123Label(hostname) : []).map((message) => invalidValue(where, hostname, message)),
    ...(nodeName === undefined ? [] : wrongDns1123Subdomain(nodeName)).map((message) =>
      invalidValue(node, nodeName, message),
    ),
    ...reach.map((message) => invalidValue(field, ip, message)),
  ];
}

function validatePort(
  { port = 0, name, protocol, appProtocol }: EndpointPort,
  needsName: boolean,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const field = child(path, 'name');
  if (name) causes.push(...wrongDns1123Label(name).map((message) => invalidValue(field, name, message)));
  else if (needsName) causes.push(required(field));
  causes.push(...wrongPort(port).map((message) => invalidValue(child(path, 'port'), port, message)));
  const kind = child(path, 'protocol');
  if (!protocol) causes.push(required(kind));
  else if (!protocols.includes(protocol)) causes.push(notSupported(kind, protocol, protocols));
  if (appProtocol === undefined) return causes;
  const spoken = child(path, 'appProtocol');
  return [...causes, ...wrongQualifiedName(appProtocol).map((message) => invalidValue(spoken, appProtocol, message))];
}
const protocols: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** The first three that are ready, and how many more there are. */
function textOf({ subsets }: Endpoints): string {
  const all = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip = '' }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`));
  });
  if (all.length === 0) return '<none>';
  const shown = all.slice(0, mostShown).join(',');
  return all.length > mostShown ? `${shown} + ${all.length - mostShown} more...` : shown;
}
