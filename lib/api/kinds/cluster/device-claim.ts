// Claims for devices: what is filled in, and what may be asked. Pure. Rule: resource validation, ValidateResourceClaim.
import { at, child, duplicate, invalidValue, notSupported, type Path, required, tooMany } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type {
  DeviceClaim,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  OpaqueDeviceConfiguration,
} from '../../types/resource.v1.ts';
import type { Mutable } from '../object.ts';

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
      ...validateRequestNames(one.requests ?? [], names, (index) => at(child(field, 'requests'), index)),
      ...(one.matchAttribute || one.distinctAttribute
        ? []
        : [required(field, 'exactly one of `matchAttribute` or `distinctAttribute` is required')]),
    ]),
    ...validateList(config, child(path, 'config'), most, (one, field) => [
      ...validateRequestNames(one.requests ?? [], names, (index) => at(child(field, 'requests'), index)),
      ...validateOpaque(one.opaque, child(field, 'opaque')),
    ]),
  ];
}

export function requestNamesOf(requests: readonly DeviceRequest[]): ReadonlySet<string> {
  return new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((one) => `${name}/${one.name}`)]),
  );
}

export function validateList<T>(
  all: readonly T[],
  path: Path,
  limit: number,
  validate: (one: T, path: Path) => readonly StatusCause[],
): StatusCause[] {
  const causes = all.length > limit ? [tooMany(path, all.length, limit)] : [];
  const seen = new Set<string>();
  for (const [index, one] of all.entries()) {
    const { name } = one as { readonly name?: string };
    const field = at(path, index);
    if (name && seen.has(name)) causes.push(duplicate(child(field, 'name'), name));
    if (name) seen.add(name);
    causes.push(...validate(one, field));
  }
  return causes;
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
    return cel.expression ? [] : [required(child(field, 'cel', 'expression'))];
  });
}

function validateToleration({ key, operator, value, effect }: DeviceToleration, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (operator === 'Exists' && value) {
    causes.push(invalidValue(child(path, 'value'), value, 'must be empty for operator `Exists`'));
  }
  if (operator !== 'Exists' && operator !== 'Equal') {
    causes.push(notSupported(child(path, 'operator'), operator ?? '', ['Equal', 'Exists']));
  }
  if (!key && operator !== 'Exists')
    causes.push(required(child(path, 'key'), 'must be specified with operator `Equal`'));
  if (effect && effect !== 'NoExecute' && effect !== 'NoSchedule') {
    causes.push(notSupported(child(path, 'effect'), effect, ['NoExecute', 'NoSchedule']));
  }
  return causes;
}

export function validateRequestNames(
  all: readonly string[],
  known: ReadonlySet<string>,
  fieldOf: (index: number) => Path,
): StatusCause[] {
  const why = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  return all.flatMap((name, index) => (known.has(name) ? [] : [invalidValue(fieldOf(index), name, why)]));
}

export function validateOpaque(opaque: OpaqueDeviceConfiguration | undefined, path: Path): StatusCause[] {
  if (opaque === undefined) return [required(path)];
  const field = child(path, 'driver');
  const causes = opaque.driver
    ? wrongDns1123Subdomain(opaque.driver).map((message) => invalidValue(field, opaque.driver, message))
    : [required(field)];
  return opaque.parameters === undefined ? [...causes, required(child(path, 'parameters'))] : causes;
}
