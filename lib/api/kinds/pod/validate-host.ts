import { at, child, forbiddenField, invalidValue, type Path, required, tooLong } from '../../field-errors.ts';
import { wrongIp } from '../../ip.ts';
import { wrongDns1123Subdomain, wrongDns1123SubdomainWithUnderscore } from '../../names.ts';
import type { PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

/** What a pod asks of names, addresses and the node's network. A template's ports get the node's once it is a pod. */
export function validateHost(spec: PodSpec, path: Path, isPod: boolean): StatusCause[] {
  return [
    ...validateHostNetwork(spec, path, isPod),
    ...validateAliases(spec, child(path, 'hostAliases')),
    ...validateDns(spec, child(path, 'dnsConfig')),
    ...validateHostname(spec, child(path, 'hostnameOverride')),
  ];
}

function validateHostNetwork({ hostNetwork, containers }: PodSpec, path: Path, isPod: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { ports }] of (hostNetwork ? (containers ?? []) : []).entries()) {
    for (const [position, { hostPort = 0, containerPort }] of (ports ?? []).entries()) {
      if (hostPort === containerPort || (hostPort === 0 && !isPod)) continue;
      const field = at(child(at(child(path, 'containers'), index), 'ports'), position);
      const why = 'must match `containerPort` when `hostNetwork` is true';
      causes.push(invalidValue(child(field, 'hostPort'), hostPort, why));
    }
  }
  return causes;
}

function validateAliases({ hostAliases }: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { ip, hostnames }] of (hostAliases ?? []).entries()) {
    const field = at(path, index);
    causes.push(...wrongIp(ip ?? '').map((message) => invalidValue(child(field, 'ip'), ip, message)));
    for (const [place, hostname] of (hostnames ?? []).entries()) {
      const where = at(child(field, 'hostnames'), place);
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
      const why = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(child(path, 'nameservers'), why)];
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
    const name = search.replace(/\.$/, '');
    const wrong = wrongDns1123SubdomainWithUnderscore(name);
    causes.push(...wrong.map((message) => invalidValue(at(child(path, 'searches'), index), name, message)));
  }
  for (const [index, { name }] of (dnsConfig?.options ?? []).entries()) {
    if (!name) causes.push(required(at(child(path, 'options'), index), 'must not be empty'));
  }
  return causes;
}

const longestHostname = 64;

/** Rule: KEP-4762. */
function validateHostname({ hostnameOverride: name, ...spec }: PodSpec, path: Path): StatusCause[] {
  if (name === undefined) return [];
  const causes = (['setHostnameAsFQDN', 'hostNetwork'] as const)
    .filter((other) => spec[other])
    .map((other) => forbiddenField(path, `may not be specified when ${other} is true`));
  if (name.length > longestHostname) causes.push(tooLong(path, longestHostname));
  return [...causes, ...wrongDns1123Subdomain(name).map((message) => invalidValue(path, name, message))];
}
