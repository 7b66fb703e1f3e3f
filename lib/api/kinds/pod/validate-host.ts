import { at, child, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongIp } from '../../ip.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

/** What a pod asks of names, addresses and the node's network. */
export function validateHost(spec: PodSpec, path: Path): StatusCause[] {
  return [
    ...validateHostNetwork(spec, path),
    ...validateAliases(spec, child(path, 'hostAliases')),
    ...validateDns(spec, child(path, 'dnsConfig')),
  ];
}

function validateHostNetwork({ hostNetwork, containers }: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { ports }] of (hostNetwork ? (containers ?? []) : []).entries()) {
    for (const [position, { hostPort, containerPort }] of (ports ?? []).entries()) {
      if ((hostPort ?? 0) === containerPort) continue;
      const field = at(child(at(child(path, 'containers'), index), 'ports'), position);
      causes.push(
        invalidValue(child(field, 'containerPort'), containerPort, 'must match `hostPort` when `hostNetwork` is true'),
      );
    }
  }
  return causes;
}

function validateAliases({ hostAliases }: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { ip, hostnames }] of (hostAliases ?? []).entries()) {
    const field = at(path, index);
    causes.push(...wrongIp(ip ?? '').map((message) => invalidValue(child(field, 'ip'), ip, message)));
    for (const hostname of hostnames ?? []) {
      const where = child(field, 'hostnames');
      causes.push(...wrongDns1123Subdomain(hostname).map((message) => invalidValue(where, hostname, message)));
    }
  }
  return causes;
}

const mostNameservers = 3;
const mostSearches = 32;
const mostSearchCharacters = 2048;

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, path: Path): StatusCause[] {
  const nameservers = dnsConfig?.nameservers ?? [];
  const searches = dnsConfig?.searches ?? [];
  const causes: StatusCause[] = [];
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (nameservers.length === 0) {
      causes.push(
        required(child(path, 'nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
      );
    }
  }
  if (nameservers.length > mostNameservers) {
    const detail = `must not have more than ${mostNameservers} nameservers`;
    causes.push(invalidValue(child(path, 'nameservers'), nameservers, detail));
  }
  for (const [index, ip] of nameservers.entries()) {
    causes.push(...wrongIp(ip).map((message) => invalidValue(at(child(path, 'nameservers'), index), ip, message)));
  }
  if (searches.length > mostSearches) {
    causes.push(
      invalidValue(child(path, 'searches'), searches, `must not have more than ${mostSearches} search paths`),
    );
  }
  if (searches.join(' ').length > mostSearchCharacters) {
    const detail = `must not have more than ${mostSearchCharacters} characters (including spaces) in the search list`;
    causes.push(invalidValue(child(path, 'searches'), searches, detail));
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue;
    const wrong = wrongDns1123Subdomain(search.replace(/\.$/, '').replaceAll('_', '-'));
    causes.push(...wrong.map((message) => invalidValue(at(child(path, 'searches'), index), search, message)));
  }
  for (const [index, { name }] of (dnsConfig?.options ?? []).entries()) {
    if (!name) causes.push(required(at(child(path, 'options'), index), 'must not be empty'));
  }
  return causes;
}
