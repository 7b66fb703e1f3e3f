// The containers of a pod. Pure. Rule: core validation validateContainers, validateInitContainers, validateEphemeralContainers.
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupportedInOrder,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import type { Container, EphemeralContainer, PodSpec, Volume } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { PodLeniency } from './leniency.ts';
import { conflictingHostPorts, validatePorts } from './validate-container-ports.ts';
import { validateEnv } from './validate-env.ts';
import { validateMounts } from './validate-mounts.ts';
import { validateLifecycle, validateProbes } from './validate-probes.ts';
import { validateResources } from './validate-resources.ts';
import {
  validateInitResize,
  validateInitRestarts,
  validateResizePolicy,
  validateRestarts,
} from './validate-restarts.ts';
import { validateContainerSecurity } from './validate-security.ts';
import { validatePullPolicy } from './validate-volume-source.ts';

type AnyContainer = Container | EphemeralContainer;

/** What all containers of a pod have in common. */
export interface ContainerContext {
  readonly spec: PodSpec;
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly claims: ReadonlySet<string>;
  readonly leniency: PodLeniency;
}

export function validateContainers(context: ContainerContext, path: Path): StatusCause[] {
  const { spec } = context;
  return [
    ...validatePlain(spec.containers ?? [], context, child(path, 'containers')),
    ...validateInit(spec.initContainers ?? [], context, child(path, 'initContainers')),
    ...validateEphemeral(spec.ephemeralContainers ?? [], context, child(path, 'ephemeralContainers')),
  ];
}

function validatePlain(containers: readonly Container[], context: ContainerContext, path: Path): StatusCause[] {
  if (containers.length === 0) return [required(path)];
  const { spec } = context;
  const taken = new Set<string>();
  const causes = containers.flatMap((container, index) => {
    const field = at(path, index);
    return [
      ...validateContainer(container, context, field),
      ...unique(container, taken, field),
      ...validateLifecycle(container.lifecycle, spec, child(field, 'lifecycle')),
      ...validateProbes(container, spec, field),
      ...validateRestarts(container, field),
    ];
  });
  return [...causes, ...conflictingHostPorts(containers, path)];
}

function validateInit(containers: readonly Container[], context: ContainerContext, path: Path): StatusCause[] {
  const { spec } = context;
  const taken = new Set((spec.containers ?? []).map(({ name }) => name));
  return containers.flatMap((container, index) => {
    const field = at(path, index);
    return [
      ...validateContainer(container, context, field),
      ...validateInitRestarts(container, field),
      ...unique(container, taken, field),
      ...conflictingHostPorts([container], path),
      ...validateInitOnly(container, spec, field),
      ...validateInitResize(container, field),
    ];
  });
}

function unique({ name }: AnyContainer, taken: Set<string>, path: Path): StatusCause[] {
  const isTaken = taken.has(name);
  if (name) taken.add(name);
  return isTaken ? [duplicate(child(path, 'name'), name)] : [];
}

export function validateContainer(container: AnyContainer, context: ContainerContext, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { spec, volumes, claims, leniency } = context;
  const { name, image, terminationMessagePolicy: policy, imagePullPolicy } = container;
  if (!name) causes.push(required(child(path, 'name')));
  else for (const message of wrongDns1123Label(name)) causes.push(invalidValue(child(path, 'name'), name, message));
  if (!image) causes.push(required(child(path, 'image')));
  const field = child(path, 'terminationMessagePolicy');
  if (!policy) causes.push(required(field));
  else if (!messagePolicies.includes(policy)) causes.push(notSupportedInOrder(field, policy, messagePolicies));
  return [
    ...causes,
    ...validatePorts(container.ports ?? [], child(path, 'ports')),
    ...validateEnv(container, path),
    ...validateMounts(container, volumes, path),
    ...validatePullPolicy(imagePullPolicy, child(path, 'imagePullPolicy')),
    ...validateResources(container.resources, child(path, 'resources'), { claims, leniency }),
    ...validateResizePolicy(container, spec, path),
    ...validateContainerSecurity(container.securityContext, spec, child(path, 'securityContext')),
  ];
}
const messagePolicies = ['File', 'FallbackToLogsOnError'];

/** Of pods alone: templates were once allowed to say a blank, which stood for something. */
export function validateImage({ image = '' }: AnyContainer, path: Path): StatusCause[] {
  if (image.trim() === image) return [];
  return [invalidValue(child(path, 'image'), image, 'must not have leading or trailing whitespace')];
}

function validateInitOnly(container: Container, spec: PodSpec, path: Path): StatusCause[] {
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

const notEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;
const forEphemeral = 'cannot be set for an Ephemeral Container';

function validateEphemeral(
  containers: readonly EphemeralContainer[],
  context: ContainerContext,
  path: Path,
): StatusCause[] {
  const { spec } = context;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const taken = new Set(others);
  return containers.flatMap((container, index) => {
    const field = at(path, index);
    const { targetContainerName: target, volumeMounts = [] } = container;
    const causes = [
      ...validateContainer(container, context, field),
      ...validateImage(container, field),
      ...unique(container, taken, field),
    ];
    if (target && !others.has(target)) causes.push(notFoundValue(child(field, 'targetContainerName'), target));
    for (const one of notEphemeral) {
      if (isGiven(container[one])) causes.push(forbiddenField(child(field, one), forEphemeral));
    }
    for (const [place, { subPath, subPathExpr }] of volumeMounts.entries()) {
      const mount = at(child(field, 'volumeMounts'), place);
      if (subPath) causes.push(forbiddenField(child(mount, 'subPath'), forEphemeral));
      if (subPathExpr) causes.push(forbiddenField(child(mount, 'subPathExpr'), forEphemeral));
    }
    return causes;
  });
}

/** An empty struct is as good as none. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Array.isArray(value) || Object.values(value).some((one) => one !== undefined);
}
