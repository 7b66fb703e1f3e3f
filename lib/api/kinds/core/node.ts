import { familyOf } from '#lib/ip.ts';
import { at, child, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongCidr } from '../../ip.ts';
import { wrongLabelValue, wrongQualifiedName } from '../../names.ts';
import type { Node, NodeAddress, Taint } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { validateAmount } from '../pod/resource-names.ts';
import { nodeWarnings } from '../warnings/others.ts';

export const node: KindParts<Node> = {
  warnings: nodeWarnings,
  // A node brings its status along when it registers itself.
  keepsStatusOnCreate: true,
  defaults({ spec, status }) {
    if (spec?.podCIDR && (spec.podCIDRs ?? []).length === 0) spec.podCIDRs = [spec.podCIDR];
    if (spec !== undefined && !spec.podCIDR && spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
    if (status === undefined) return;
    if (status.capacity !== undefined && status.allocatable === undefined) status.allocatable = { ...status.capacity };
    roundResources(status.capacity);
    roundResources(status.allocatable);
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatus: validateNodeUpdate,
  fields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
  columns: columns(
    ['Name', 'Status', 'Roles', '@Age', 'Version'],
    ['Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'],
  ),
  row(object, nowMs) {
    const { metadata, status } = object;
    const info = status?.nodeInfo;
    return [
      metadata.name,
      statusText(object),
      rolesOf(object).join(',') || '<none>',
      ageOf(metadata, nowMs),
      info?.kubeletVersion ?? '',
      addressOf(object, 'InternalIP'),
      addressOf(object, 'ExternalIP'),
      info?.osImage || '<unknown>',
      info?.kernelVersion || '<unknown>',
      info?.containerRuntimeVersion || '<unknown>',
    ];
  },
};

function statusText({ spec, status }: Node): string {
  const ready = (status?.conditions ?? []).find(({ type }) => type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${text},SchedulingDisabled` : text;
}

/** Roles are told by labels. */
function rolesOf({ metadata }: Node): readonly string[] {
  const prefix = 'node-role.kubernetes.io/';
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.add(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return [...roles].sort();
}

function addressOf({ status }: Node, type: string): string {
  return (status?.addresses ?? []).find((one) => one.type === type)?.address ?? '<none>';
}

function validateNode({ spec, status }: Node): StatusCause[] {
  const causes = [...validateTaints(spec?.taints ?? []), ...validateNodeResources(status)];
  for (const [index, cidr] of (spec?.podCIDRs ?? []).entries()) {
    causes.push(...wrongCidr(cidr).map((message) => invalidValue(at('spec.podCIDRs', index), cidr, message)));
  }
  return [...causes, ...validateFamilies(spec?.podCIDRs ?? [])];
}

/** A node has one range of each family at most. */
function validateFamilies(ranges: readonly string[]): StatusCause[] {
  const field = 'spec.podCIDRs';
  if (ranges.length < 2) return [];
  const twice = ranges.flatMap((range, index) =>
    ranges.indexOf(range) < index ? [duplicate(at(field, index), range)] : [],
  );
  const families = new Set(ranges.map(familyOf));
  if (ranges.length === 2 && families.size === 2) return twice;
  return [invalidValue(field, ranges, 'may specify no more than one CIDR for each IP family'), ...twice];
}

/** Rule: core validation ValidateNodeResources. */
function validateNodeResources(status: Node['status']): StatusCause[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) =>
      validateAmount(name, amount, child('status', list, name)),
    ),
  );
}

/** Of the node as a whole as well as of its status: who may write one may write the other. */
function validateNodeUpdate(next: Node, previous: Node): StatusCause[] {
  const seen: NodeAddress[] = [];
  const causes = validateNode(next);
  for (const [index, address] of (next.status?.addresses ?? []).entries()) {
    if (seen.some((one) => isSame(one, address))) causes.push(duplicate(at('status.addresses', index), address));
    seen.push(address);
  }
  return [...causes, ...validateChange(next, previous)];
}

const effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

function validateTaints(taints: readonly Taint[]): StatusCause[] {
  const causes: StatusCause[] = [];
  const taken = new Set<string>();
  for (const [index, { key, value, effect }] of taints.entries()) {
    const field = at('spec.taints', index);
    causes.push(
      ...wrongQualifiedName(key ?? '').map((message) => invalidValue(child(field, 'key'), key ?? '', message)),
    );
    causes.push(...wrongLabelValue(value ?? '').map((message) => invalidValue(child(field, 'value'), value, message)));
    if (!effect) causes.push(required(child(field, 'effect')));
    else if (!effects.includes(effect)) causes.push(notSupported(child(field, 'effect'), effect, effects));
    const pair = `${key}:${effect}`;
    if (taken.has(pair)) {
      const { message } = duplicate(field, { key, value, effect });
      causes.push({ ...duplicate(field, ''), message: `${message}: taints must be unique by key and effect pair` });
    }
    taken.add(pair);
  }
  return causes;
}

function validateChange({ spec: next }: Node, { spec: old }: Node): StatusCause[] {
  const causes: StatusCause[] = [];
  if ((old?.podCIDRs ?? []).length > 0 && !isSame(old?.podCIDRs, next?.podCIDRs)) {
    causes.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old?.providerID && old.providerID !== next?.providerID) {
    causes.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  if ((old?.externalID ?? '') !== (next?.externalID ?? '')) {
    const why =
      'node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)';
    causes.push(forbiddenField('', why));
  }
  return causes;
}
