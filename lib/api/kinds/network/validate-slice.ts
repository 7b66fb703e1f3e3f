// Whether an EndpointSlice may be stored. Pure. Rule: discovery validation, ValidateEndpointSlice.
import { at, child, duplicate, invalidValue, notSupported, type Path, required, tooMany } from '../../field-errors.ts';
import { wrongReach } from '../../ip.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongLabelValue, wrongQualifiedName } from '../../names.ts';
import { wrongStrictIp } from '../../strict-ip.ts';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../types/discovery.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { immutable, validateLabels } from '../metadata.ts';
import { isIpv4, isIpv6 } from './families.ts';

const mostEndpoints = 1000;
const mostAddresses = 100;
const mostPorts = 20_000;
const mostLabels = 16;
const mostHints = 8;

const types = ['FQDN', 'IPv4', 'IPv6'];

export function validateSlice(slice: EndpointSlice): StatusCause[] {
  return validate(slice, () => false);
}

/** Endpoints that were there before stay, whatever their addresses look like. */
export function validateSliceUpdate(next: EndpointSlice, previous: EndpointSlice): StatusCause[] {
  const known = previous.endpoints ?? [];
  const causes = validate(next, ({ addresses }) => known.some((one) => isSame(one.addresses, addresses)));
  if (next.addressType === previous.addressType) return causes;
  return [...causes, invalidValue('addressType', next.addressType, immutable)];
}

type Spared = (endpoint: Endpoint) => boolean;

function validate({ addressType: type, endpoints = [], ports = [] }: EndpointSlice, isSpared: Spared): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!type) causes.push(required('addressType'));
  else if (!types.includes(type)) causes.push(notSupported('addressType', type, types));
  if (endpoints.length > mostEndpoints) causes.push(tooMany('endpoints', endpoints.length, mostEndpoints));
  else {
    const judge = (endpoint: Endpoint, index: number) =>
      validateEndpoint(endpoint, type, at('endpoints', index), isSpared);
    causes.push(...endpoints.flatMap(judge));
  }
  if (ports.length > mostPorts) return [...causes, tooMany('ports', ports.length, mostPorts)];
  const names = ports.map(({ name }) => name ?? '');
  return [
    ...causes,
    ...ports.flatMap((port, index) => validatePort(port, names.indexOf(port.name ?? '') < index, at('ports', index))),
  ];
}

function validateEndpoint(endpoint: Endpoint, type: string, path: Path, isSpared: Spared): StatusCause[] {
  const { addresses = [], nodeName, deprecatedTopology: topology = {}, hostname, hints } = endpoint;
  const field = child(path, 'addresses');
  const causes: StatusCause[] = [];
  if (addresses.length === 0) causes.push(required(field, 'must contain at least 1 address'));
  if (addresses.length > mostAddresses) causes.push(tooMany(field, addresses.length, mostAddresses));
  if (!isSpared(endpoint)) {
    causes.push(...addresses.flatMap((address, index) => validateAddress(address, type, at(field, index))));
  }
  if (nodeName !== undefined) {
    causes.push(
      ...wrongDns1123Subdomain(nodeName).map((message) => invalidValue(child(path, 'nodeName'), nodeName, message)),
    );
  }
  const labels = child(path, 'deprecatedTopology');
  const count = Object.keys(topology).length;
  if (count > mostLabels) causes.push(tooMany(labels, count, mostLabels));
  causes.push(...validateLabels(topology, labels));
  if (hostname !== undefined) {
    causes.push(
      ...wrongDns1123Label(hostname).map((message) => invalidValue(child(path, 'hostname'), hostname, message)),
    );
  }
  return hints === undefined ? causes : [...causes, ...validateHints(hints, child(path, 'hints'))];
}

function validateAddress(address: string, type: string, path: Path): StatusCause[] {
  if (type === 'FQDN') return validateDomain(address, path);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const wrong = wrongStrictIp(address);
  if (wrong.length > 0) return wrong.map((message) => invalidValue(path, address, message));
  const isOfType = type === 'IPv4' ? isIpv4(address) : isIpv6(address);
  const messages = [...(isOfType ? [] : [`must be an ${type} address`]), ...wrongReach(address)];
  return messages.map((message) => invalidValue(path, address, message));
}

/** A name of two parts at least. */
function validateDomain(address: string, path: Path): StatusCause[] {
  if (address === '') return [required(path)];
  const name = address.replace(/\.$/, '');
  const wrong = wrongDns1123Subdomain(name);
  if (wrong.length > 0) return [invalidValue(path, name, wrong.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) {
    return [invalidValue(path, name, 'should be a domain with at least two segments separated by dots')];
  }
  const long = labels.find((label) => wrongDns1123Label(label).length > 0);
  return long === undefined ? [] : [invalidValue(path, long, wrongDns1123Label(long).join(','))];
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: Path): StatusCause[] {
  return [
    ...validateNames(forZones, child(path, 'forZones'), wrongLabelValue),
    ...validateNames(forNodes, child(path, 'forNodes'), wrongDns1123Subdomain),
  ];
}

function validateNames(
  hints: readonly { readonly name?: string }[],
  path: Path,
  wrong: (name: string) => readonly string[],
): StatusCause[] {
  if (hints.length > mostHints) return [tooMany(path, hints.length, mostHints)];
  const names = hints.map(({ name }) => name ?? '');
  return names.flatMap((name, index) => {
    const field = child(at(path, index), 'name');
    const again = names.indexOf(name) < index ? [duplicate(field, name)] : [];
    return [...again, ...wrong(name).map((message) => invalidValue(field, name, message))];
  });
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePort({ name, protocol, appProtocol }: EndpointPort, isSecond: boolean, path: Path): StatusCause[] {
  const [field, how] = [child(path, 'name'), child(path, 'protocol')];
  const causes = name ? wrongDns1123Label(name).map((message) => invalidValue(field, name, message)) : [];
  if (isSecond) causes.push(duplicate(field, name));
  if (protocol === undefined) causes.push(required(how));
  else if (!protocols.includes(protocol)) causes.push(notSupported(how, protocol, protocols));
  if (appProtocol === undefined) return causes;
  const wrong = wrongQualifiedName(appProtocol);
  return [...causes, ...wrong.map((message) => invalidValue(child(path, 'appProtocol'), appProtocol, message))];
}
