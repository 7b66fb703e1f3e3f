// Whose devices a slice tells of, and what it says of each. Pure. Rule: resource validation, validateResourceSliceSpec.
import { at, child, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Device, ResourceSliceSpec } from '../../types/resource.v1.ts';
import { isSame } from '../equal.ts';
import { validateNodeSelector } from '../pod/validate-affinity.ts';
import { validateCapacity } from './capacity-policy.ts';
import { hasLists, validateAttribute, validateValueCount } from './device-attribute.ts';
import { validateList } from './device-claim.ts';
import {
  validateBinding,
  validateConsumption,
  validateCounterSet,
  validateDevicePlace,
  validateTaint,
} from './device-details.ts';
import { longestKey, validateKeys, validateQualified } from './device-names.ts';

const mostDevices = 128;
const mostCostly = 64;
const mostTraits = 32;

/** What `old` said already of a device's capacity and taints is not judged again. */
export function validateSliceContent(spec: ResourceSliceSpec, old?: ResourceSliceSpec): StatusCause[] {
  const devices = spec.devices ?? [];
  const isCostly = devices.some(
    (device) => (device.taints ?? []).length + (device.consumesCounters ?? []).length > 0 || hasLists(device),
  );
  const oldOf = ({ name }: Device) => (old?.devices ?? []).find((device) => device.name === name);
  return [
    ...validatePlace(spec),
    ...(spec.sharedCounters !== undefined && spec.devices !== undefined
      ? [invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')]
      : []),
    ...validateList(devices, 'spec.devices', isCostly ? mostCostly : mostDevices, (device, field) =>
      validateDevice(device, oldOf(device), spec.perDeviceNodeSelection === true, field),
    ),
    ...validateList(spec.sharedCounters ?? [], 'spec.sharedCounters', mostCounterSets, validateCounterSet),
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
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    causes.push(...validateNodeSelector(terms, 'spec.nodeSelector'));
    if (terms.length !== 1) {
      const why = 'must have exactly one node selector term';
      causes.push(invalidValue('spec.nodeSelector.nodeSelectorTerms', terms, why));
    }
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

function validateDevice(device: Device, old: Device | undefined, isFree: boolean, path: Path): StatusCause[] {
  const { name, attributes = {}, capacity = {}, taints = [], consumesCounters = [] } = device;
  const field = child(path, 'name');
  const causes = name
    ? wrongDns1123Label(name).map((message) => invalidValue(field, name, message))
    : [required(field)];
  const traits = Object.keys(attributes).length + Object.keys(capacity).length;
  if (traits > mostTraits) {
    const why = `the total number of attributes and capacities must not exceed ${mostTraits}`;
    causes.push(invalidValue(path, traits, why));
  }
  causes.push(...validateValueCount(device, path));
  const [all, amounts] = [child(path, 'attributes'), child(path, 'capacity')];
  causes.push(...validateKeys(attributes, longestKey, all, validateQualified));
  for (const [key, attribute] of Object.entries(attributes)) causes.push(...validateAttribute(attribute, at(all, key)));
  if (old === undefined || !isSame(capacity, old.capacity)) {
    const isShared = device.allowMultipleAllocations === true;
    causes.push(...validateKeys(capacity, longestKey, amounts, validateQualified));
    for (const [key, one] of Object.entries(capacity))
      causes.push(...validateCapacity(one, isShared, at(amounts, key)));
  }
  const isTainted = old === undefined || !isSame(taints, old.taints);
  const consumes = child(path, 'consumesCounters');
  return [
    ...causes,
    ...(isTainted ? validateList(taints, child(path, 'taints'), mostTaints, validateTaint) : []),
    ...validateList(consumesCounters, consumes, mostConsumptions, validateConsumption, ({ counterSet }) => counterSet),
    ...validateDevicePlace(device, isFree, path),
    ...validateBinding(device, path),
  ];
}
const mostCounterSets = 8;
const mostTaints = 16;
const mostConsumptions = 2;
