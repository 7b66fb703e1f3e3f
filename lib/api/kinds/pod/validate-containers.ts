import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import type { Container, ContainerPort, EphemeralContainer, PodSpec, VolumeMount } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateEnv } from './validate-env.ts';
import { validateLifecycle, validateProbes } from './validate-probes.ts';
import { validateResources } from './validate-resources.ts';
import { validateContainerSecurity } from './validate-security.ts';

type AnyContainer = Container | EphemeralContainer;

export function validateContainers(spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const taken = new Set<string>();
  const list = child(path, 'containers');
  if ((spec.containers ?? []).length === 0) causes.push(required(list));
  for (const [index, container] of (spec.containers ?? []).entries()) {
    const field = at(list, index);
    causes.push(...validateContainer(container, spec, field), ...unique(container, taken, field));
    causes.push(...validateLifecycle(container.lifecycle, spec, child(field, 'lifecycle')));
    causes.push(...validateProbes(container, spec, field));
    if (container.restartPolicy === 'Always' && (container.restartPolicyRules ?? []).length > 0) {
      causes.push(forbiddenField(child(field, 'restartPolicyRules'), 'may not be set when restartPolicy is "Always"'));
    }
  }
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const field = at(child(path, 'initContainers'), index);
    causes.push(...validateContainer(container, spec, field), ...unique(container, taken, field));
    causes.push(...validateInitContainer(container, spec, field));
  }
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    const field = at(child(path, 'ephemeralContainers'), index);
    causes.push(...validateContainer(container, spec, field), ...unique(container, taken, field));
    causes.push(...validateEphemeralContainer(container, spec, field));
  }
  causes.push(...conflictingHostPorts(spec, path));
  return causes;
}

function unique({ name }: AnyContainer, taken: Set<string>, path: Path): StatusCause[] {
  const isTaken = taken.has(name);
  if (name) taken.add(name);
  return isTaken ? [duplicate(child(path, 'name'), name)] : [];
}

export function validateContainer(container: AnyContainer, spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name, image, terminationMessagePolicy, imagePullPolicy } = container;
  if (!name) causes.push(required(child(path, 'name')));
  else for (const message of wrongDns1123Label(name)) causes.push(invalidValue(child(path, 'name'), name, message));
  if (!image) causes.push(required(child(path, 'image')));
  else if (image.trim() !== image) {
    causes.push(invalidValue(child(path, 'image'), image, 'must not have leading or trailing whitespace'));
  }
  causes.push(
    ...choice(child(path, 'terminationMessagePolicy'), terminationMessagePolicy, ['FallbackToLogsOnError', 'File']),
  );
  causes.push(...validatePorts(container.ports ?? [], child(path, 'ports')));
  causes.push(...validateEnv(container, path));
  causes.push(...validateMounts(container, spec, path));
  causes.push(...choice(child(path, 'imagePullPolicy'), imagePullPolicy, ['Always', 'IfNotPresent', 'Never']));
  causes.push(...validateResources(container.resources, child(path, 'resources')));
  causes.push(...validateContainerSecurity(container.securityContext, spec, child(path, 'securityContext')));
  return causes;
}

function choice(field: Path, value: string | undefined, among: readonly string[]): StatusCause[] {
  if (!value) return [required(field)];
  return among.includes(value) ? [] : [notSupported(field, value, among)];
}

function validateInitContainer(container: Container, spec: PodSpec, path: Path): StatusCause[] {
  if (container.restartPolicy === 'Always') {
    return [
      ...validateLifecycle(container.lifecycle, spec, child(path, 'lifecycle')),
      ...validateProbes(container, spec, path),
    ];
  }
  const forbidden = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;
  return forbidden
    .filter((field) => container[field] !== undefined)
    .map((field) =>
      forbiddenField(child(path, field), 'may not be set for init containers without restartPolicy=Always'),
    );
}

function validateEphemeralContainer(container: EphemeralContainer, spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const forbidden = [
    'ports',
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
    'resizePolicy',
    'restartPolicy',
  ] as const;
  for (const field of forbidden) {
    if (container[field] !== undefined) {
      causes.push(forbiddenField(child(path, field), 'cannot be set for an Ephemeral Container'));
    }
  }
  if (container.resources?.limits !== undefined || container.resources?.requests !== undefined) {
    causes.push(forbiddenField(child(path, 'resources'), 'cannot be set for an Ephemeral Container'));
  }
  const target = container.targetContainerName;
  const names = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name);
  if (target && !names.includes(target)) {
    causes.push(notFoundValue(child(path, 'targetContainerName'), target));
  }
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const field = at(child(path, 'volumeMounts'), index);
    if (mount.subPath) causes.push(forbiddenField(child(field, 'subPath'), 'cannot be set for an Ephemeral Container'));
    if (mount.subPathExpr)
      causes.push(forbiddenField(child(field, 'subPathExpr'), 'cannot be set for an Ephemeral Container'));
  }
  return causes;
}

function validatePorts(ports: readonly ContainerPort[], path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const field = at(path, index);
    if (port.name) {
      for (const message of wrongPortName(port.name))
        causes.push(invalidValue(child(field, 'name'), port.name, message));
      if (names.has(port.name)) causes.push(duplicate(child(field, 'name'), port.name));
      names.add(port.name);
    }
    if (!port.containerPort) causes.push(required(child(field, 'containerPort')));
    else
      causes.push(
        ...wrongPort(port.containerPort).map((message) =>
          invalidValue(child(field, 'containerPort'), port.containerPort, message),
        ),
      );
    if (port.hostPort) {
      causes.push(
        ...wrongPort(port.hostPort).map((message) => invalidValue(child(field, 'hostPort'), port.hostPort, message)),
      );
    }
    causes.push(...choice(child(field, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']));
  }
  return causes;
}

function validateMounts(container: AnyContainer, spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const known = new Set((spec.volumes ?? []).map(({ name }) => name));
  const taken = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    causes.push(...validateMount(mount, known, taken, container, at(child(path, 'volumeMounts'), index)));
  }
  // A device's owner cannot be mapped as a file system's can.
  if (spec.hostUsers === false && container.volumeDevices?.length)
    causes.push(forbiddenField(child(path, 'volumeDevices'), 'when `hostUsers` is false'));
  for (const [index, { name, devicePath }] of (container.volumeDevices ?? []).entries()) {
    const field = at(child(path, 'volumeDevices'), index);
    if (!name) causes.push(required(child(field, 'name')));
    else if (!known.has(name)) causes.push(notFoundValue(child(field, 'name'), name));
    if (!devicePath) causes.push(required(child(field, 'devicePath')));
    else if (hasBackstep(devicePath))
      causes.push(invalidValue(child(field, 'devicePath'), devicePath, "can not contain backsteps ('..')"));
    if (taken.has(devicePath)) causes.push(invalidValue(child(field, 'devicePath'), devicePath, 'must be unique'));
    taken.add(devicePath);
  }
  return causes;
}

function validateMount(
  mount: VolumeMount,
  known: ReadonlySet<string>,
  taken: Set<string>,
  container: AnyContainer,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const { name, mountPath, subPath, subPathExpr, mountPropagation } = mount;
  if (!name) causes.push(required(child(path, 'name')));
  else if (!known.has(name)) causes.push(notFoundValue(child(path, 'name'), name));
  if (!mountPath) causes.push(required(child(path, 'mountPath')));
  if (taken.has(mountPath)) causes.push(invalidValue(child(path, 'mountPath'), mountPath, 'must be unique'));
  taken.add(mountPath);
  for (const [field, value] of [
    ['subPath', subPath],
    ['subPathExpr', subPathExpr],
  ] as const) {
    if (!value) continue;
    if (value.startsWith('/')) causes.push(invalidValue(child(path, field), value, 'must be a relative path'));
    if (hasBackstep(value)) causes.push(invalidValue(child(path, field), value, "must not contain '..'"));
  }
  if (subPath && subPathExpr) {
    causes.push(
      invalidValue(child(path, 'subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
    );
  }
  if (mountPropagation !== undefined) {
    const field = child(path, 'mountPropagation');
    const among = ['Bidirectional', 'HostToContainer', 'None'];
    if (!among.includes(mountPropagation)) causes.push(notSupported(field, mountPropagation, among));
    else if (mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
      causes.push(forbiddenField(field, 'Bidirectional mount propagation is available only to privileged containers'));
    }
  }
  return [...causes, ...validateRecursion(mount, child(path, 'recursiveReadOnly'))];
}

/** Rule: KEP-3857. */
function validateRecursion({ readOnly, recursiveReadOnly, mountPropagation }: VolumeMount, path: Path): StatusCause[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return [];
  const among = ['Disabled', 'Enabled', 'IfPossible'];
  if (!among.includes(recursiveReadOnly)) return [notSupported(path, recursiveReadOnly, among)];
  const causes: StatusCause[] = [];
  if (!readOnly) causes.push(forbiddenField(path, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    causes.push(forbiddenField(path, 'may only be specified when mountPropagation is None or not specified'));
  }
  return causes;
}

function hasBackstep(text: string): boolean {
  return text.split('/').includes('..');
}

/** Two containers of a pod cannot have one port of the node. */
function conflictingHostPorts(spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const taken = new Set<string>();
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [portIndex, { hostPort, hostIP, protocol }] of (container.ports ?? []).entries()) {
      if (!hostPort) continue;
      const key = `${protocol ?? 'TCP'}/${hostIP ?? ''}/${hostPort}`;
      const field = child(at(child(at(child(path, 'containers'), index), 'ports'), portIndex), 'hostPort');
      if (taken.has(key)) causes.push(duplicate(field, hostPort));
      taken.add(key);
    }
  }
  return causes;
}
