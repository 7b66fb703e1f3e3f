import { at, child, duplicate, invalidValue, notSupported, required, tooMany } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { Endpoint, EndpointSlice } from '../../types/discovery.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { immutable } from '../metadata.ts';
import { sliceWarnings } from '../warnings/others.ts';
import { isIpv4, isIpv6 } from './families.ts';

const mostEndpoints = 1000;
const mostAddresses = 100;
const mostPorts = 20_000;
const mostShown = 3;

export const endpointSlice: KindParts<EndpointSlice> = {
  warnings: sliceWarnings,
  hasGeneration: true,
  generationFields: ['endpoints', 'ports'],
  defaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: validateSlice,
  validateUpdate(next, previous) {
    const causes = validateSlice(next);
    if (next.addressType === previous.addressType) return causes;
    return [...causes, invalidValue('addressType', next.addressType, immutable)];
  },
  columns: columns(['Name', 'AddressType', 'Ports', 'Endpoints', '@Age']),
  row({ metadata, addressType, ports, endpoints }, nowMs) {
    const numbers = (ports ?? []).map(({ port, name }) => String(port ?? name ?? '*'));
    const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []);
    return [metadata.name, addressType, few(numbers), few(addresses), ageOf(metadata, nowMs)];
  },
};

function few(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  const shown = values.slice(0, mostShown).join(',');
  return values.length > mostShown ? `${shown} + ${values.length - mostShown} more...` : shown;
}

const types = ['FQDN', 'IPv4', 'IPv6'];

function validateSlice({ addressType, endpoints, ports }: EndpointSlice): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!addressType) causes.push(required('addressType'));
  else if (!types.includes(addressType)) causes.push(notSupported('addressType', addressType, types));
  if ((endpoints ?? []).length > mostEndpoints) causes.push(tooMany('endpoints', endpoints!.length, mostEndpoints));
  for (const [index, endpoint] of (endpoints ?? []).entries()) {
    causes.push(...validateEndpoint(endpoint, addressType, at('endpoints', index)));
  }
  if ((ports ?? []).length > mostPorts) causes.push(tooMany('ports', ports!.length, mostPorts));
  const names = new Set<string>();
  for (const [index, { name, protocol }] of (ports ?? []).entries()) {
    const field = at('ports', index);
    if (names.has(name ?? '')) causes.push(duplicate(child(field, 'name'), name));
    names.add(name ?? '');
    if (!['SCTP', 'TCP', 'UDP'].includes(protocol ?? '')) {
      causes.push(notSupported(child(field, 'protocol'), protocol ?? '', ['SCTP', 'TCP', 'UDP']));
    }
  }
  return causes;
}

function validateEndpoint({ addresses, nodeName }: Endpoint, type: string, path: string): StatusCause[] {
  const field = child(path, 'addresses');
  const causes: StatusCause[] = [];
  if ((addresses ?? []).length === 0) causes.push(required(field, 'must contain at least 1 address'));
  if ((addresses ?? []).length > mostAddresses) causes.push(tooMany(field, addresses.length, mostAddresses));
  for (const [index, address] of (addresses ?? []).entries()) {
    causes.push(...wrongAddress(address, type).map((message) => invalidValue(at(field, index), address, message)));
  }
  if (nodeName !== undefined) {
    causes.push(
      ...wrongDns1123Subdomain(nodeName).map((message) => invalidValue(child(path, 'nodeName'), nodeName, message)),
    );
  }
  return causes;
}

function wrongAddress(address: string, type: string): readonly string[] {
  if (type === 'IPv4') return isIpv4(address) ? [] : ['must be an IPv4 address'];
  if (type === 'IPv6') return isIpv6(address) ? [] : ['must be an IPv6 address'];
  return type === 'FQDN' ? wrongDns1123Subdomain(address) : [];
}
