// What may be written into the status of a claim for devices. Pure. Rule: resource validation,
// validateResourceClaimStatusUpdate.
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  type Path,
  required,
  tooLong,
  tooMany,
} from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import { wrongInterfaceAddress } from '../../strict-ip.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../../types/resource.v1.ts';
import { validateConditions } from '../conditions.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';
import { validateNodeSelector } from '../pod/validate-affinity.ts';
import { requestNamesOf, validateList, validateOpaque, validateRaw, validateRequestNames } from './device-claim.ts';
import { validateBinding } from './device-details.ts';

const mostConsumers = 256;
const mostResults = 32;
const mostConfigs = 64;

export function validateClaimStatus(next: ResourceClaim, previous: ResourceClaim): StatusCause[] {
  const { allocation, reservedFor = [], devices = [] } = next.status ?? {};
  const causes = [
    ...validateConsumers(reservedFor, 'status.reservedFor'),
    ...validateDevices(devices, allocation, 'status.devices'),
  ];
  if (reservedFor.length > 0 && allocation === undefined) {
    causes.push(forbiddenField('status.reservedFor', 'may not be specified when `allocated` is not set'));
  } else if (next.metadata.deletionTimestamp !== undefined && hasNew(reservedFor, previous)) {
    const why = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
    causes.push(forbiddenField('status.reservedFor', why));
  }
  const before = previous.status?.allocation;
  if (allocation === undefined) return causes;
  if (before === undefined) return [...causes, ...validateAllocation(allocation, next, 'status.allocation')];
  return isSame(allocation, before) ? causes : [...causes, invalidValue('status.allocation', allocation, immutable)];
}

function validateConsumers(consumers: readonly ResourceClaimConsumerReference[], path: Path): StatusCause[] {
  const causes = consumers.length > mostConsumers ? [tooMany(path, consumers.length, mostConsumers)] : [];
  const seen = new Set<string>();
  for (const [index, consumer] of consumers.entries()) {
    const field = at(path, index);
    for (const name of ['resource', 'name', 'uid'] as const) {
      if (!consumer[name]) causes.push(required(child(field, name)));
    }
    if (seen.has(consumer.uid)) causes.push(duplicate(field, { uid: consumer.uid }));
    seen.add(consumer.uid);
  }
  return causes;
}

function hasNew(reserved: readonly ResourceClaimConsumerReference[], { status }: ResourceClaim): boolean {
  return reserved.some((one) => !(status?.reservedFor ?? []).some((other) => isSame(one, other)));
}

type Device = Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device' | 'shareID'>;

function idOf({ driver, pool, device, shareID }: Device): string {
  return [driver, pool, device, ...(shareID ? [shareID] : [])].join('/');
}

/** Drivers may speak of what is allocated only. */
function validateDevices(
  devices: readonly AllocatedDeviceStatus[],
  allocation: AllocationResult | undefined,
  path: Path,
): StatusCause[] {
  const allocated = new Set((allocation?.devices?.results ?? []).map(idOf));
  const seen = new Set<string>();
  return devices.flatMap((device, index) => {
    const [field, id] = [at(path, index), idOf(device)];
    const causes = [...validateDevice(device, field), ...validateReport(device, field)];
    if (!allocated.has(id)) causes.push(invalidValue(field, id, 'must be an allocated device in the claim'));
    if (seen.has(id)) causes.push(duplicate(field, id));
    seen.add(id);
    return causes;
  });
}

/** What its driver tells of a device. */
function validateReport({ conditions = [], data, networkData }: AllocatedDeviceStatus, path: Path): StatusCause[] {
  const [field, network] = [child(path, 'conditions'), child(path, 'networkData')];
  const { interfaceName = '', hardwareAddress = '', ips = [] } = networkData ?? {};
  return [
    ...(conditions.length > mostConditions ? [tooMany(field, conditions.length, mostConditions)] : []),
    ...validateConditions(conditions, field),
    ...(data === undefined || data === null ? [] : validateRaw(data, child(path, 'data'), mostBytes)),
    ...(Buffer.byteLength(interfaceName) > 256 ? [tooLong(child(network, 'interfaceName'), 256)] : []),
    ...(Buffer.byteLength(hardwareAddress) > 128 ? [tooLong(child(network, 'hardwareAddress'), 128)] : []),
    ...validateList(
      ips,
      child(network, 'ips'),
      mostIps,
      (ip, place) => wrongInterfaceAddress(ip).map((message) => invalidValue(place, ip, message)),
      (ip) => ip,
    ),
  ];
}
const mostConditions = 8;
const mostIps = 16;
const mostBytes = 10 * 1024;

function validateAllocation({ devices, nodeSelector }: AllocationResult, claim: ResourceClaim, path: Path) {
  const names = requestNamesOf(claim.spec?.devices?.requests ?? []);
  const field = child(path, 'devices');
  return [
    ...validateList(devices?.results ?? [], child(field, 'results'), mostResults, (result, where) => [
      ...validateRequestNames([result.request ?? ''], names, () => child(where, 'request')),
      ...validateDevice(result, where),
      ...validateBinding(result, where),
    ]),
    ...validateList(devices?.config ?? [], child(field, 'config'), mostConfigs, ({ requests, opaque }, where) => [
      ...validateRequestNames(requests ?? [], names, (index) => at(child(where, 'requests'), index)),
      ...validateOpaque(opaque, child(where, 'opaque')),
    ]),
    ...(nodeSelector === undefined
      ? []
      : validateNodeSelector(nodeSelector.nodeSelectorTerms ?? [], child(path, 'nodeSelector'))),
  ];
}

function validateDevice({ driver, pool, device }: Device | DeviceRequestAllocationResult, path: Path): StatusCause[] {
  const pools = pool ? pool.split('/').flatMap((part) => wrongDns1123Subdomain(part)) : [];
  return [
    ...named(driver, wrongDns1123Subdomain(driver ?? ''), child(path, 'driver')),
    ...named(pool, pools, child(path, 'pool')),
    ...named(device, wrongDns1123Label(device ?? ''), child(path, 'device')),
  ];
}

function named(value: string | undefined, wrong: readonly string[], field: Path): StatusCause[] {
  return value ? wrong.map((message) => invalidValue(field, value, message)) : [required(field)];
}
