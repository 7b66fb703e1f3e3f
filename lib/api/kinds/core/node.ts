import type { Node } from '../../types/core.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { nodeWarnings } from '../warnings/others.ts';
import { validateNode, validateNodeStatus, validateNodeUpdate } from './node-validate.ts';

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
  validateStatus: validateNodeStatus,
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
