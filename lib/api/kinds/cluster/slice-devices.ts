// Whose devices a slice tells of, and what it says of each. Pure. Rule: resource validation, validateResourceSliceSpec.
import { at, child, forbiddenField, invalidValue, type Path, required, tooLong } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { Device, DeviceAttribute, ResourceSliceSpec } from '../../types/resource.v1.ts';
import { validateNodeSelector } from '../pod/validate-affinity.ts';
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
    ...(spec.sharedCounters !== undefined && spec.devices !== undefined
      ? [invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')]
      : []),
    ...validateList(devices, 'spec.devices', isCostly ? mostTainted : mostDevices, (device, field) =>
      validateDevice(device, spec.perDeviceNodeSelection === true, field),
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

function validateDevice(device: Device, isFree: boolean, path: Path): StatusCause[] {
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
  const [all, amounts] = [child(path, 'attributes'), child(path, 'capacity')];
  causes.push(...validateKeys(attributes, longestKey, all, validateQualified));
  for (const [key, attribute] of Object.entries(attributes)) causes.push(...validateAttribute(attribute, at(all, key)));
  causes.push(...validateKeys(capacity, longestKey, amounts, validateQualified));
  for (const [key, { requestPolicy }] of Object.entries(capacity)) {
    if (requestPolicy === undefined || device.allowMultipleAllocations) continue;
    const why = 'allowMultipleAllocations must be true';
    causes.push(forbiddenField(child(at(amounts, key), 'requestPolicy'), why));
  }
  const consumes = child(path, 'consumesCounters');
  return [
    ...causes,
    ...validateList(taints, child(path, 'taints'), mostTaints, validateTaint),
    ...validateList(consumesCounters, consumes, mostConsumptions, validateConsumption, ({ counterSet }) => counterSet),
    ...validateDevicePlace(device, isFree, path),
    ...validateBinding(device, path),
  ];
}
const mostCounterSets = 8;
const mostTaints = 16;
const mostConsumptions = 2;

function validateAttribute(attribute: DeviceAttribute, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { string: text = '', version } = attribute;
  if (text.length > longestValue) causes.push(tooLong(child(path, 'string'), longestValue));
  if (version !== undefined) {
    const field = child(path, 'version');
    const why = 'must be a string compatible with semver.org spec 2.0.0';
    if (!semantic.test(version)) causes.push(invalidValue(field, version, why));
    if (version.length > longestValue) causes.push(tooLong(field, longestValue));
  }
  const values = Object.values(attribute).filter((value) => value !== undefined);
  if (values.length === 1) return causes;
  return [...causes, invalidValue(path, values.length === 0 ? '' : attribute, 'exactly one value must be specified')];
}
/** Rule: semver.org, spec 2.0.0. */
const semantic =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?(\+[\da-zA-Z-]+(\.[\da-zA-Z-]+)*)?$/;
