// Whose devices a slice tells of, and what it says of each. Pure. Rule: resource validation, validateResourceSliceSpec.
import { child, invalidValue, type Path, required, tooLong } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Device, DeviceAttribute, ResourceSliceSpec } from '../../types/resource.v1.ts';
import { validateNodeSelector } from '../pod/validate-affinity.ts';
import { validateList } from './device-claim.ts';

const mostDevices = 128;
const mostTainted = 64;
const mostTraits = 32;
const longestValue = 64;

export function validateSliceContent(spec: ResourceSliceSpec): StatusCause[] {
  const devices = spec.devices ?? [];
  const isCostly = devices.some(
    ({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0,
  );
  return [
    ...validatePlace(spec),
    ...validateList(devices, 'spec.devices', isCostly ? mostTainted : mostDevices, validateDevice),
  ];
}

/** A slice is of one node, of some, of all, or leaves that to its devices. */
function validatePlace({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  const set: string[] = [];
  if (nodeName === '') {
    causes.push(invalidValue('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string'));
  } else if (nodeName !== undefined) {
    set.push('`nodeName`');
    causes.push(...wrongDns1123Subdomain(nodeName).map((message) => invalidValue('spec.nodeName', nodeName, message)));
  }
  if (nodeSelector !== undefined) {
    set.push('`nodeSelector`');
    causes.push(...validateNodeSelector(nodeSelector.nodeSelectorTerms ?? [], 'spec.nodeSelector'));
  }
  for (const [field, value] of Object.entries({ allNodes, perDeviceNodeSelection })) {
    if (value === true) set.push(`\`${field}\``);
    if (value === false) causes.push(invalidValue(child('spec', field), false, 'must be either unset or set to true'));
  }
  const one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (set.length === 0) return [...causes, required('spec', one)];
  if (set.length === 1) return causes;
  return [...causes, invalidValue('spec', `{${set.join(', ')}}`, `${one}, but multiple fields are set`)];
}

function validateDevice({ name, attributes = {}, capacity = {} }: Device, path: Path): StatusCause[] {
  const field = child(path, 'name');
  const causes = name
    ? wrongDns1123Label(name).map((message) => invalidValue(field, name, message))
    : [required(field)];
  const traits = Object.keys(attributes).length + Object.keys(capacity).length;
  if (traits > mostTraits) {
    const why = `the total number of attributes and capacities must not exceed ${mostTraits}`;
    causes.push(invalidValue(path, traits, why));
  }
  for (const [key, attribute] of Object.entries(attributes)) {
    causes.push(...validateAttribute(attribute, `${child(path, 'attributes')}[${key}]`));
  }
  return causes;
}

function validateAttribute(attribute: DeviceAttribute, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const field of ['string', 'version'] as const) {
    if ((attribute[field] ?? '').length > longestValue) causes.push(tooLong(child(path, field), longestValue));
  }
  const values = Object.values(attribute).filter((value) => value !== undefined);
  if (values.length === 1) return causes;
  return [...causes, invalidValue(path, values.length === 0 ? '' : attribute, 'exactly one value must be specified')];
}
