import { contains, parseCidr } from '#lib/ip.ts';
import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import { wrongStrictCidr } from '../../strict-ip.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../types/networking.v1.ts';
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
  validate: (policy) => validatePolicy(policy, { ranges: new Set(), anyLabelValue: false }),
  validateUpdate: (next, previous) => validatePolicy(next, keptOf(previous)),
  columns: columns(['Name', 'Pod-Selector', '@Age']),
  row: ({ metadata, spec }, nowMs) => [metadata.name, selectorCell(spec?.podSelector), ageOf(metadata, nowMs)],
};

/** What was there before: it stays, whatever it looks like. */
interface Kept {
  readonly ranges: ReadonlySet<string>;
  /** Who selects by values that no label has may go on to, wherever it selects. */
  readonly anyLabelValue: boolean;
}

function validatePolicy({ spec }: NetworkPolicy, kept: Kept): StatusCause[] {
  const causes = validateLabelSelector(spec?.podSelector, 'spec.podSelector', kept.anyLabelValue);
  for (const [index, { ports, from }] of (spec?.ingress ?? []).entries()) {
    causes.push(...validateRule(ports ?? [], from ?? [], at('spec.ingress', index), 'from', kept));
  }
  for (const [index, { ports, to }] of (spec?.egress ?? []).entries()) {
    causes.push(...validateRule(ports ?? [], to ?? [], at('spec.egress', index), 'to', kept));
  }
  const types = spec?.policyTypes ?? [];
  if (types.length > known.length) {
    return [...causes, invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  }
  for (const [index, type] of types.entries()) {
    if (!known.includes(type)) causes.push(notSupported(at('spec.policyTypes', index), type, known));
  }
  return causes;
}
const known = ['Egress', 'Ingress'];

/** Rule: networking validation, ValidationOptionsForNetworking. */
function keptOf({ spec }: NetworkPolicy): Kept {
  const peers = [
    ...(spec?.ingress ?? []).flatMap(({ from }) => from ?? []),
    ...(spec?.egress ?? []).flatMap(({ to }) => to ?? []),
  ];
  return {
    ranges: new Set(peers.flatMap(({ ipBlock }) => [ipBlock?.cidr ?? '', ...(ipBlock?.except ?? [])])),
    anyLabelValue: validateLabelSelector(spec?.podSelector, '').length > 0,
  };
}

function validateRule(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  path: Path,
  field: string,
  kept: Kept,
): StatusCause[] {
  return [
    ...ports.flatMap((port, index) => validatePort(port, at(child(path, 'ports'), index))),
    ...peers.flatMap((peer, index) => validatePeer(peer, at(child(path, field), index), kept)),
  ];
}

function validatePort({ port, endPort, protocol }: NetworkPolicyPort, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const among = ['SCTP', 'TCP', 'UDP'];
  if (protocol !== undefined && !among.includes(protocol))
    causes.push(notSupported(child(path, 'protocol'), protocol, among));
  const [field, last] = [child(path, 'port'), child(path, 'endPort')];
  if (typeof port !== 'number' && endPort !== undefined) {
    const why = `may not be specified when \`port\` is ${port === undefined ? 'not specified' : 'non-numeric'}`;
    causes.push(invalidValue(last, endPort, why));
  }
  if (port === undefined) return causes;
  const wrong = typeof port === 'number' ? wrongPort(port) : wrongPortName(port);
  causes.push(...wrong.map((message) => invalidValue(field, port, message)));
  if (typeof port !== 'number' || endPort === undefined) return causes;
  if (endPort < port) causes.push(invalidValue(last, port, 'must be greater than or equal to `port`'));
  return [...causes, ...wrongPort(endPort).map((message) => invalidValue(last, endPort, message))];
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  path: Path,
  kept: Kept,
): StatusCause[] {
  const causes = [
    ...validateLabelSelector(podSelector, child(path, 'podSelector'), kept.anyLabelValue),
    ...validateLabelSelector(namespaceSelector, child(path, 'namespaceSelector'), kept.anyLabelValue),
    ...(ipBlock === undefined ? [] : validateBlock(ipBlock, child(path, 'ipBlock'), kept)),
  ];
  const count = [podSelector, namespaceSelector, ipBlock].filter((one) => one !== undefined).length;
  if (count === 0) return [...causes, required(path, 'must specify a peer')];
  if (count === 1 || ipBlock === undefined) return causes;
  return [...causes, forbiddenField(path, 'may not specify both ipBlock and another peer')];
}

function validateBlock({ cidr, except = [] }: IPBlock, path: Path, { ranges }: Kept): StatusCause[] {
  const field = child(path, 'cidr');
  if (!cidr) return [required(field)];
  const judge = (text: string, field: Path) =>
    ranges.has(text) ? [] : wrongStrictCidr(text).map((message) => invalidValue(field, text, message));
  const causes = judge(cidr, field);
  const whole = parseCidr(cidr);
  if (whole === undefined) return causes;
  for (const [index, text] of except.entries()) {
    const place = at(child(path, 'except'), index);
    causes.push(...judge(text, place));
    const part = parseCidr(text);
    if (part === undefined) continue;
    const isInside = contains(whole, { family: part.family, value: part.base }) && part.bits > whole.bits;
    if (!isInside) causes.push(invalidValue(place, text, 'must be a strict subset of `cidr`'));
  }
  return causes;
}
