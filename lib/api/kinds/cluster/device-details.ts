// What else a slice says of a device: taints, counters, where it is, and what binds it. Pure. Rule: resource
// validation, validateDevice.
import { at, child, duplicate, invalidValue, notSupported, type Path, required, tooMany } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongLabelValue, wrongQualifiedName } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { CounterSet, Device, DeviceCounterConsumption, DeviceTaint } from '../../types/resource.v1.ts';
import { validateNodeSelector } from '../pod/validate-affinity.ts';
import { validateCounterName, validateKeys } from './device-names.ts';

const mostCounters = 32;
const longestCounter = 63;
const mostConditions = 4;

export const taintEffects: readonly string[] = ['NoExecute', 'NoSchedule', 'None'];

export function validateTaint({ key, value, effect }: DeviceTaint, path: Path): StatusCause[] {
  const [field, how] = [child(path, 'key'), child(path, 'effect')];
  const wrong = value ? wrongLabelValue(value) : [];
  return [
    ...wrongQualifiedName(key ?? '').map((message) => invalidValue(field, key ?? '', message)),
    ...wrong.map((message) => invalidValue(child(path, 'value'), value, message)),
    ...(effect ? [] : [required(how)]),
    ...(effect && !taintEffects.includes(effect) ? [notSupported(how, effect, taintEffects)] : []),
  ];
}

export function validateConsumption({ counterSet, counters }: DeviceCounterConsumption, path: Path): StatusCause[] {
  return [...validateCounterName(counterSet, child(path, 'counterSet')), ...validateCounters(counters, path)];
}

export function validateCounterSet({ name, counters }: CounterSet, path: Path): StatusCause[] {
  return [...validateCounterName(name, child(path, 'name')), ...validateCounters(counters, path)];
}

function validateCounters(counters: Readonly<Record<string, unknown>> = {}, path: Path): StatusCause[] {
  const field = child(path, 'counters');
  const count = Object.keys(counters).length;
  if (count === 0) return [required(field)];
  if (count > mostCounters) return [tooMany(field, count, mostCounters)];
  return validateKeys(counters, longestCounter, field, validateCounterName);
}

/** A device says where it is if its slice leaves that to it, and only then. */
export function validateDevicePlace(device: Device, isFree: boolean, path: Path): StatusCause[] {
  const { nodeName, nodeSelector, allNodes } = device;
  if (!isFree) {
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return [];
    const why =
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    return [invalidValue(path, null, why)];
  }
  const causes: StatusCause[] = [];
  const field = child(path, 'nodeName');
  if (nodeName === '') causes.push(invalidValue(field, nodeName, 'must not be empty'));
  else if (nodeName !== undefined) {
    causes.push(...wrongDns1123Subdomain(nodeName).map((message) => invalidValue(field, nodeName, message)));
  }
  if (nodeSelector !== undefined) {
    causes.push(...validateNodeSelector(nodeSelector.nodeSelectorTerms ?? [], child(path, 'nodeSelector')));
  }
  if (allNodes === false) {
    causes.push(invalidValue(child(path, 'allNodes'), false, 'must be either unset or set to true'));
  }
  const set = Object.entries({ nodeName, nodeSelector, allNodes }).filter(([, value]) => value);
  if (set.length === 1) return causes;
  const one =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  if (set.length === 0) return [...causes, required(path, one)];
  return [...causes, invalidValue(path, `{${set.map(([name]) => `\`${name}\``).join(', ')}}`, one)];
}

interface Bound {
  readonly bindingConditions?: readonly string[] | undefined;
  readonly bindingFailureConditions?: readonly string[] | undefined;
}

/** Who waits for conditions waits for failures, too, and for others. */
export function validateBinding(
  { bindingConditions: good = [], bindingFailureConditions: bad = [] }: Bound,
  path: Path,
) {
  const [first, second] = [child(path, 'bindingConditions'), child(path, 'bindingFailureConditions')];
  const named = (all: readonly string[], field: Path) =>
    all.length > mostConditions
      ? [tooMany(field, all.length, mostConditions)]
      : all.flatMap((one, index) =>
          wrongQualifiedName(one).map((message) => invalidValue(at(field, index), one, message)),
        );
  const causes: StatusCause[] = [...named(good, first), ...named(bad, second)];
  for (const [index, one] of good.entries()) {
    if (good.indexOf(one) < index) causes.push(duplicate(at(first, index), one));
  }
  for (const [index, one] of bad.entries()) {
    if (bad.indexOf(one) < index) causes.push(duplicate(at(second, index), one));
    const why = 'bindingFailureConditions must not overlap with bindingConditions';
    if (good.includes(one)) causes.push(invalidValue(at(second, index), one, why));
  }
  if (good.length === 0 && bad.length > 0) {
    causes.push(invalidValue(first, good, 'bindingConditions are required to use bindingFailureConditions'));
  }
  if (bad.length === 0 && good.length > 0) {
    causes.push(invalidValue(second, bad, 'bindingFailureConditions are required to use bindingConditions'));
  }
  return causes;
}
