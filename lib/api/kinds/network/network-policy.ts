import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongCidr } from '../../ip.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../types/networking.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { networkPolicyWarnings } from '../warnings/others.ts';
import { selectorCell } from '../workloads/template.ts';

export const networkPolicy: KindParts<NetworkPolicy> = {
  warnings: networkPolicyWarnings,
  hasGeneration: true,
  defaults({ spec }) {
    if (spec === undefined) return;
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
    }
    if ((spec.policyTypes ?? []).length > 0) return;
    // Ingress always; egress only where there is something to say of it.
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate: validatePolicy,
  columns: columns(['Name', 'Pod-Selector', '@Age']),
  row: ({ metadata, spec }, nowMs) => [metadata.name, selectorCell(spec?.podSelector), ageOf(metadata, nowMs)],
};

function validatePolicy({ spec }: NetworkPolicy): StatusCause[] {
  const causes = validateLabelSelector(spec?.podSelector, 'spec.podSelector');
  for (const [index, { ports, from }] of (spec?.ingress ?? []).entries()) {
    causes.push(...validateRule(ports ?? [], from ?? [], at('spec.ingress', index), 'from'));
  }
  for (const [index, { ports, to }] of (spec?.egress ?? []).entries()) {
    causes.push(...validateRule(ports ?? [], to ?? [], at('spec.egress', index), 'to'));
  }
  for (const [index, type] of (spec?.policyTypes ?? []).entries()) {
    if (!['Egress', 'Ingress'].includes(type))
      causes.push(notSupported(at('spec.policyTypes', index), type, ['Egress', 'Ingress']));
  }
  return causes;
}

function validateRule(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  path: Path,
  field: string,
): StatusCause[] {
  return [
    ...ports.flatMap((port, index) => validatePort(port, at(child(path, 'ports'), index))),
    ...peers.flatMap((peer, index) => validatePeer(peer, at(child(path, field), index))),
  ];
}

function validatePort({ port, endPort, protocol }: NetworkPolicyPort, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const among = ['SCTP', 'TCP', 'UDP'];
  if (protocol !== undefined && !among.includes(protocol))
    causes.push(notSupported(child(path, 'protocol'), protocol, among));
  if (port === undefined) {
    return endPort === undefined
      ? causes
      : [...causes, required(child(path, 'port'), 'must be specified when `endPort` is specified')];
  }
  const wrong = typeof port === 'number' ? wrongPort(port) : wrongPortName(port);
  causes.push(...wrong.map((message) => invalidValue(child(path, 'port'), port, message)));
  if (endPort !== undefined) {
    if (typeof port === 'string')
      causes.push(required(child(path, 'port'), 'must be an integer when `endPort` is specified'));
    else if (endPort < port)
      causes.push(invalidValue(child(path, 'endPort'), endPort, 'must be greater than or equal to `port`'));
  }
  return causes;
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: Path): StatusCause[] {
  const causes = [
    ...validateLabelSelector(podSelector, child(path, 'podSelector')),
    ...validateLabelSelector(namespaceSelector, child(path, 'namespaceSelector')),
  ];
  const count = [podSelector, namespaceSelector, ipBlock].filter((one) => one !== undefined).length;
  if (count === 0) causes.push(required(path, 'must specify a peer'));
  if (ipBlock === undefined) return causes;
  if (count > 1) causes.push(forbiddenField(path, 'may not specify both ipBlock and another peer'));
  const field = child(path, 'ipBlock');
  if (!ipBlock.cidr) causes.push(required(child(field, 'cidr')));
  else
    causes.push(...wrongCidr(ipBlock.cidr).map((message) => invalidValue(child(field, 'cidr'), ipBlock.cidr, message)));
  for (const [index, cidr] of (ipBlock.except ?? []).entries()) {
    causes.push(...wrongCidr(cidr).map((message) => invalidValue(at(child(field, 'except'), index), cidr, message)));
  }
  return causes;
}
