// Whether what drivers of storage say of themselves, and of nodes, may be stored. Pure. Rule: storage validation.
import { at, child, duplicate, invalidValue, notSupported, type Path, required, tooLong } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import { readQuantity } from '../../quantity.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { CSIDriver, CSINode, CSINodeDriver, CSIStorageCapacity, TokenRequest } from '../../types/storage.v1.ts';
import { isSame } from '../equal.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { immutable } from '../metadata.ts';

const longestDriver = 63;
const longestNodeId = 256;

export function validateDriverName(name: string | undefined, path: Path): StatusCause[] {
  return [
    ...(name ? [] : [required(path)]),
    ...((name ?? '').length > longestDriver ? [tooLong(path, longestDriver)] : []),
    ...wrongDns1123Subdomain((name ?? '').toLowerCase()).map((message) => invalidValue(path, name ?? '', message)),
  ];
}

export function validateNode({ spec }: CSINode): StatusCause[] {
  const drivers = spec?.drivers ?? [];
  return drivers.flatMap((driver, index) => {
    const isSecond = drivers.findIndex(({ name }) => name === driver.name) < index;
    return validateNodeDriver(driver, isSecond, at('spec.drivers', index));
  });
}

/** How many volumes a driver takes may change, nothing else of it. */
export function validateNodeUpdate(next: CSINode, previous: CSINode): StatusCause[] {
  const plain = ({ allocatable: _, ...rest }: CSINodeDriver) => rest;
  const now = next.spec?.drivers ?? [];
  const changed = (previous.spec?.drivers ?? []).flatMap((old) =>
    now.filter((driver) => driver.name === old.name && !isSame(plain(driver), plain(old))),
  );
  return [...validateNode(next), ...changed.map((driver) => invalidValue('spec.drivers', plain(driver), immutable))];
}

function validateNodeDriver(driver: CSINodeDriver, isSecond: boolean, path: Path): StatusCause[] {
  const { name, nodeID = '', allocatable, topologyKeys = [] } = driver;
  const field = child(path, 'nodeID');
  const count = allocatable?.count ?? 0;
  const causes = validateDriverName(name, child(path, 'name'));
  if (nodeID === '') causes.push(required(field));
  if (nodeID.length > longestNodeId) {
    causes.push(invalidValue(field, nodeID, `must be ${longestNodeId} characters or less`));
  }
  if (count < 0) {
    causes.push(invalidValue(child(path, 'allocatable', 'count'), count, 'must be greater than or equal to 0'));
  }
  if (isSecond) causes.push(duplicate(child(path, 'name'), name));
  for (const [index, key] of topologyKeys.entries()) {
    if (key === '') causes.push(required(path));
    if (topologyKeys.indexOf(key) < index) causes.push(duplicate(path, key));
    causes.push(...wrongQualifiedName(key).map((message) => invalidValue(path, key, message)));
  }
  return causes;
}

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycles = ['Ephemeral', 'Persistent'];
const leastPeriodSeconds = 10;

export function validateDriver({ spec = {} }: CSIDriver): StatusCause[] {
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [], serviceAccountTokenInSecrets: secret } = spec;
  const { nodeAllocatableUpdatePeriodSeconds: period } = spec;
  const causes = validateTokens(tokenRequests, 'spec.tokenRequests');
  if (fsGroupPolicy !== undefined && !groupPolicies.includes(fsGroupPolicy)) {
    causes.unshift(notSupported('spec.fsGroupPolicy', fsGroupPolicy, groupPolicies));
  }
  for (const mode of volumeLifecycleModes) {
    if (!lifecycles.includes(mode)) causes.push(notSupported('spec.volumeLifecycleModes', mode, lifecycles));
  }
  if (period !== undefined && period < leastPeriodSeconds) {
    const why = `must be greater than or equal to ${leastPeriodSeconds} seconds`;
    causes.push(invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, why));
  }
  if (secret === undefined || tokenRequests.length > 0) return causes;
  const why = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
  return [...causes, invalidValue('spec.serviceAccountTokenInSecrets', secret, why)];
}

export function validateDriverUpdate(next: CSIDriver, previous: CSIDriver): StatusCause[] {
  const [spec, old] = [next.spec, previous.spec];
  const fixed = [
    ['spec.attachedRequired', spec?.attachRequired, old?.attachRequired],
    ['spec.volumeLifecycleModes', spec?.volumeLifecycleModes, old?.volumeLifecycleModes],
  ] as const;
  const changed = fixed.filter(([, now, was]) => !isSame(now, was));
  return [...validateDriver(next), ...changed.map(([field, now]) => invalidValue(field, now, immutable))];
}

const leastSeconds = 600;
const mostSeconds = 2 ** 32;

/** One token for each audience. */
function validateTokens(requests: readonly TokenRequest[], path: Path): StatusCause[] {
  const audiences = requests.map(({ audience }) => audience ?? '');
  return requests.flatMap(({ expirationSeconds: seconds = leastSeconds }, index) => {
    const audience = audiences[index]!;
    const field = at(path, index);
    if (audiences.indexOf(audience) < index) return [duplicate(child(field, 'audience'), audience)];
    const refuse = (why: string) => [invalidValue(child(field, 'expirationSeconds'), seconds, why)];
    if (seconds < leastSeconds) return refuse('may not specify a duration less than 10 minutes');
    return seconds > mostSeconds ? refuse('may not specify a duration larger than 2^32 seconds') : [];
  });
}

export function validateCapacity(
  { nodeTopology, storageClassName, capacity }: CSIStorageCapacity,
  mayHaveAnyValue = false,
): StatusCause[] {
  const name = storageClassName ?? '';
  const isNegative = capacity !== undefined && (readQuantity(capacity)?.nanos ?? 0n) < 0n;
  return [
    ...validateLabelSelector(nodeTopology, 'nodeTopology', mayHaveAnyValue),
    ...wrongDns1123Subdomain(name).map((message) => invalidValue('storageClassName', name, message)),
    ...(isNegative ? [invalidValue('capacity', capacity, 'must be greater than or equal to 0')] : []),
  ];
}

/** Where the space is, and of what class, stays. */
export function validateCapacityUpdate(next: CSIStorageCapacity, previous: CSIStorageCapacity): StatusCause[] {
  const changed = (['nodeTopology', 'storageClassName'] as const).filter(
    (field) => !isSame(next[field], previous[field]),
  );
  const mayHaveAnyValue = validateLabelSelector(previous.nodeTopology, '').length > 0;
  return [
    ...validateCapacity(next, mayHaveAnyValue),
    ...changed.map((field) => invalidValue(field, next[field], immutable)),
  ];
}
