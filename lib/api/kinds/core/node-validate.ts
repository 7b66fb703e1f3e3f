// Whether a Node may be stored. Pure. Rule: core validation ValidateNode, ValidateNodeUpdate.
import { familyOf } from '#lib/ip.ts';
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupportedInOrder,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongCidr } from '../../ip.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongLabelValue, wrongQualifiedName } from '../../names.ts';
import type { ConfigMapNodeConfigSource, Node, NodeAddress, NodeConfigSource, Taint } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { validateAmount } from '../pod/resource-names.ts';
import { wrongDataKey } from '../pod/validate-env.ts';
import { taintEffects } from '../pod/validate-scheduling.ts';

/** Ranges that `old` had stay, in whatever form. */
export function validateNode({ spec, status }: Node, old?: Node): StatusCause[] {
  return [
    ...validateTaints(spec?.taints ?? []),
    ...validateResources(status),
    ...validateSwap(status),
    ...validateFeatures(status?.declaredFeatures ?? []),
    ...validateRanges(spec?.podCIDRs ?? [], old?.spec?.podCIDRs ?? []),
  ];
}

export function validateNodeUpdate(next: Node, previous: Node): StatusCause[] {
  return [...validateNode(next, previous), ...validateAddresses(next.status), ...validateChange(next, previous)];
}

/** Who may write the status may write all of it. */
export function validateNodeStatus(next: Node, previous: Node): StatusCause[] {
  return [
    ...validateResources(next.status),
    ...validateFeatures(next.status?.declaredFeatures ?? []),
    ...validateAddresses(next.status),
    ...validateChange(next, previous),
    ...validateTaints(next.spec?.taints ?? []),
  ];
}

function validateRanges(ranges: readonly string[], known: readonly string[]): StatusCause[] {
  const field = 'spec.podCIDRs';
  const causes = ranges.flatMap((range, index) =>
    (known.includes(range) ? [] : wrongCidr(range)).map((message) => invalidValue(at(field, index), range, message)),
  );
  if (ranges.length < 2 || (ranges.length === 2 && new Set(ranges.map(familyOf)).size === 2)) return causes;
  return [...causes, invalidValue(field, ranges, 'may specify no more than one CIDR for each IP family')];
}

/** Rule: core validation ValidateNodeResources. */
function validateResources(status: Node['status']): StatusCause[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) =>
      validateAmount(name, amount, child('status', list, name)),
    ),
  );
}

/** Upstream looks for it in the metadata. */
function validateSwap(status: Node['status']): StatusCause[] {
  const capacity = status?.nodeInfo?.swap?.capacity;
  if (capacity === undefined || capacity > 0) return [];
  return [invalidValue('metadata.nodeSwapStatus.capacity', capacity, 'must be greater than zero')];
}

function validateFeatures(names: readonly string[]): StatusCause[] {
  const path = 'status.declaredFeatures';
  return names.flatMap((name, index) => {
    const causes: StatusCause[] = [];
    const why = wrongFeature(name);
    if (why !== '') {
      causes.push(invalidValue(at(path, index), name, `invalid feature name ${JSON.stringify(name)}: ${why}`));
    }
    const next = names[index + 1];
    const field = at(path, index + 1);
    if (next === name) causes.push(duplicate(field, next));
    else if (next !== undefined && name > next) {
      causes.push(invalidValue(field, next, 'list must be sorted alphabetically'));
    }
    return causes;
  });
}

function wrongFeature(name: string): string {
  if (name.length > 253) return 'must be no more than 253 characters';
  if (/^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/.test(name)) return '';
  return "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";
}

function validateAddresses(status: Node['status']): StatusCause[] {
  const seen: NodeAddress[] = [];
  return (status?.addresses ?? []).flatMap((address, index) => {
    const isTaken = seen.some((one) => isSame(one, address));
    seen.push(address);
    return isTaken ? [duplicate(at('status.addresses', index), address)] : [];
  });
}

/** Upstream says that they are in the metadata. */
function validateTaints(taints: readonly Taint[]): StatusCause[] {
  const taken = new Set<string>();
  return taints.flatMap((taint, index) => {
    const { key = '', effect } = taint;
    const field = at('metadata.taints', index);
    const causes = validateTaint(taint, field);
    const pair = `${key}:${effect}`;
    if (taken.has(pair)) {
      const cause = duplicate(field, taint);
      causes.push({ ...cause, message: `${cause.message}: taints must be unique by key and effect pair` });
    }
    taken.add(pair);
    return causes;
  });
}

function validateTaint({ key = '', value = '', effect }: Taint, path: Path): StatusCause[] {
  const causes = wrongQualifiedName(key).map((message) => invalidValue(child(path, 'key'), key, message));
  const wrong = wrongLabelValue(value);
  if (wrong.length > 0) causes.push(invalidValue(child(path, 'value'), value, wrong.join(';')));
  const field = child(path, 'effect');
  if (!effect) causes.push(required(field));
  else if (!taintEffects.includes(effect)) causes.push(notSupportedInOrder(field, effect, taintEffects));
  return causes;
}

function validateChange({ spec: next, status }: Node, { spec: old }: Node): StatusCause[] {
  const causes: StatusCause[] = [];
  const [ranges, before] = [next?.podCIDRs ?? [], old?.podCIDRs ?? []];
  if (before.length > 0 && !isSame(before, ranges)) {
    causes.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old?.providerID && old.providerID !== next?.providerID) {
    causes.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  if (next?.configSource !== undefined) causes.push(...validateSource(next.configSource, 'spec.configSource', inSpec));
  for (const name of ['assigned', 'active', 'lastKnownGood'] as const) {
    const source = status?.config?.[name];
    if (source !== undefined) causes.push(...validateSource(source, child('status.config', name), inStatus));
  }
  if ((old?.externalID ?? '') !== (next?.externalID ?? '')) {
    causes.push(forbiddenField('spec.externalID', 'may not be updated'));
  }
  return causes;
}

type MapRule = (map: ConfigMapNodeConfigSource, path: Path) => StatusCause[];

function validateSource(source: NodeConfigSource, path: Path, rule: MapRule): StatusCause[] {
  const map = source.configMap;
  if (map === undefined) return [invalidValue(path, source, 'exactly one reference subfield must be non-nil')];
  const field = child(path, 'configMap');
  return [
    ...rule(map, field),
    ...validateForm(map.namespace, child(field, 'namespace'), wrongDns1123Label),
    ...validateForm(map.name, child(field, 'name'), wrongDns1123Subdomain),
    ...validateForm(map.kubeletConfigKey, child(field, 'kubeletConfigKey'), wrongDataKey),
  ];
}

function validateForm(text: string, path: Path, wrong: (text: string) => readonly string[]): StatusCause[] {
  return text ? wrong(text).map((message) => invalidValue(path, text, message)) : [required(path)];
}

/** What is wanted names no version: what is there does. */
function inSpec(map: ConfigMapNodeConfigSource, path: Path): StatusCause[] {
  return (['uid', 'resourceVersion'] as const).flatMap((name) =>
    map[name] ? [forbiddenField(child(path, name), `${name} must not be set in spec`)] : [],
  );
}

function inStatus(map: ConfigMapNodeConfigSource, path: Path): StatusCause[] {
  return (['uid', 'resourceVersion'] as const).flatMap((name) => (map[name] ? [] : [required(child(path, name))]));
}
