// Claims for devices: what is filled in, and what may be asked. Pure. Rule: resource validation, ValidateResourceClaim.
import {
  at,
  child,
  duplicate,
  invalidValue,
  notSupported,
  type Path,
  required,
  tooLong,
  tooMany,
} from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongLabelValue, wrongQualifiedName } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  OpaqueDeviceConfiguration,
} from '../../types/resource.v1.ts';
import type { Mutable } from '../object.ts';
import { taintEffects } from './device-details.ts';
import { validateDriverName, validateFullyQualified } from './device-names.ts';

const most = 32;
const mostChoices = 8;
const mostTolerations = 16;

type Asked = ExactDeviceRequest | DeviceSubRequest;

/** One device of each kind, unless told. */
export function defaultDeviceClaim({ requests = [] }: Mutable<DeviceClaim> = {}): void {
  for (const { exactly, firstAvailable = [] } of requests) {
    for (const one of exactly === undefined ? firstAvailable : [exactly, ...firstAvailable]) {
      one.allocationMode ||= 'ExactCount';
      if (one.allocationMode === 'ExactCount') one.count ||= 1;
      for (const toleration of one.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  }
}

export function validateDeviceClaim(
  { requests = [], constraints = [], config = [] }: DeviceClaim,
  path: Path,
): StatusCause[] {
  const names = requestNamesOf(requests);
  return [
    ...validateList(requests, child(path, 'requests'), most, validateRequest),
    ...validateList(constraints, child(path, 'constraints'), most, (one, field) => [
      ...validateRequestSet(one.requests ?? [], names, child(field, 'requests')),
      ...validateAttributes(one, field),
    ]),
    ...validateList(config, child(path, 'config'), most, (one, field) => [
      ...validateRequestSet(one.requests ?? [], names, child(field, 'requests')),
      ...validateOpaque(one.opaque, child(field, 'opaque')),
    ]),
  ];
}

function validateAttributes({ matchAttribute, distinctAttribute }: DeviceConstraint, path: Path): StatusCause[] {
  if (matchAttribute !== undefined) return validateFullyQualified(matchAttribute, child(path, 'matchAttribute'));
  if (distinctAttribute !== undefined) {
    return validateFullyQualified(distinctAttribute, child(path, 'distinctAttribute'));
  }
  const why = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  return [required(path, why)];
}

export function requestNamesOf(requests: readonly DeviceRequest[]): ReadonlySet<string> {
  return new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((one) => `${name}/${one.name}`)]),
  );
}

/** Each once, by `keyOf`: too many are not looked at one by one. */
export function validateList<T>(
  all: readonly T[],
  path: Path,
  limit: number,
  validate: (one: T, path: Path) => readonly StatusCause[],
  keyOf: (one: T) => string | undefined = (one) => (one as { readonly name?: string }).name,
): StatusCause[] {
  if (all.length > limit) return [tooMany(path, all.length, limit)];
  const causes = all.flatMap((one, index) => validate(one, at(path, index)));
  const keys = all.map(keyOf);
  const again = keys.flatMap((key, index) =>
    key && keys.indexOf(key) < index ? [duplicate(at(path, index), key)] : [],
  );
  return [...causes, ...again];
}

function validateRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, path: Path): StatusCause[] {
  const causes = validateName(name, child(path, 'name'));
  if (exactly === undefined && firstAvailable.length === 0) {
    return [...causes, required(path, 'exactly one of `exactly` or `firstAvailable` is required')];
  }
  if (exactly !== undefined && firstAvailable.length > 0) {
    const why = 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set';
    return [...causes, invalidValue(path, null, why)];
  }
  if (exactly !== undefined) return [...causes, ...validateAsked(exactly, child(path, 'exactly'))];
  const choices = validateList(firstAvailable, child(path, 'firstAvailable'), mostChoices, (one, field) => [
    ...validateName(one.name, child(field, 'name')),
    ...validateAsked(one, field),
  ]);
  return [...causes, ...choices];
}

function validateName(name: string, field: Path): StatusCause[] {
  if (!name) return [required(field)];
  return wrongDns1123Label(name).map((message) => invalidValue(field, name, message));
}

function validateAsked(asked: Asked, path: Path): StatusCause[] {
  const { deviceClassName: name, selectors = [], allocationMode: mode = '', count = 0, tolerations = [] } = asked;
  const field = child(path, 'deviceClassName');
  const causes: StatusCause[] = name
    ? wrongDns1123Subdomain(name).map((message) => invalidValue(field, name, message))
    : [required(field)];
  causes.push(...validateSelectors(selectors, child(path, 'selectors')));
  if (mode === 'ExactCount' && count <= 0) {
    causes.push(invalidValue(child(path, 'count'), count, 'must be greater than zero'));
  } else if (mode === 'All' && count !== 0) {
    const why = `must not be specified when allocationMode is '${mode}'`;
    causes.push(invalidValue(child(path, 'count'), count, why));
  } else if (mode !== 'ExactCount' && mode !== 'All') {
    causes.push(notSupported(child(path, 'allocationMode'), mode, ['All', 'ExactCount']));
  }
  return [...causes, ...validateList(tolerations, child(path, 'tolerations'), mostTolerations, validateToleration)];
}

export function validateSelectors(selectors: readonly DeviceSelector[], path: Path): StatusCause[] {
  return validateList(selectors, path, most, ({ cel }, field) => {
    if (cel === undefined) return [required(child(field, 'cel'))];
    const place = child(field, 'cel', 'expression');
    if (!cel.expression) return [required(place)];
    return Buffer.byteLength(cel.expression) > mostBytes ? [tooLong(place, mostBytes)] : [];
  });
}

function validateToleration({ key, operator, value, effect }: DeviceToleration, path: Path): StatusCause[] {
  const wrongKey = key ? wrongQualifiedName(key) : [];
  const causes: StatusCause[] = wrongKey.map((message) => invalidValue(child(path, 'key'), key, message));
  const [field, how] = [child(path, 'value'), child(path, 'operator')];
  if (operator === 'Exists') {
    if (value) causes.push(invalidValue(field, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') {
    causes.push(...wrongLabelValue(value ?? '').map((message) => invalidValue(field, value, message)));
  } else causes.push(operator ? notSupported(how, operator, ['Equal', 'Exists']) : required(how));
  if (!effect || taintEffects.includes(effect)) return causes;
  return [...causes, notSupported(child(path, 'effect'), effect, taintEffects)];
}

export function validateRequestNames(
  all: readonly string[],
  known: ReadonlySet<string>,
  fieldOf: (index: number) => Path,
): StatusCause[] {
  const why = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  return all.flatMap((name, index) => {
    const segments = name.split('/');
    const parts = segments.length > 2 ? [] : segments.flatMap((part) => validateName(part, fieldOf(index)));
    return known.has(name) ? parts : [...parts, invalidValue(fieldOf(index), name, why)];
  });
}

/** Names of requests, each once. */
function validateRequestSet(all: readonly string[], known: ReadonlySet<string>, path: Path): StatusCause[] {
  if (all.length > most) return [tooMany(path, all.length, most)];
  const again = all.flatMap((name, index) => (all.indexOf(name) < index ? [duplicate(at(path, index), name)] : []));
  return [...validateRequestNames(all, known, (index) => at(path, index)), ...again];
}

export function validateOpaque(opaque: OpaqueDeviceConfiguration | undefined, path: Path): StatusCause[] {
  if (opaque === undefined) return [required(path)];
  return [
    ...validateDriverName(opaque.driver, child(path, 'driver')),
    ...validateRaw(opaque.parameters, child(path, 'parameters'), mostBytes),
  ];
}
const mostBytes = 10 * 1024;

/** An object that only a driver understands. */
export function validateRaw(value: unknown, path: Path, limit: number): StatusCause[] {
  if (value === undefined || value === null) return [required(path)];
  if (Buffer.byteLength(JSON.stringify(value)) > limit) return [tooLong(path, limit)];
  const isObject = typeof value === 'object' && !Array.isArray(value);
  return isObject ? [] : [invalidValue(path, '<value omitted>', 'must be a valid JSON object')];
}
