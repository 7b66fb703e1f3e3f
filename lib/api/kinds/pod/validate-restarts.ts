// When a container starts again: after its end, and after its resources have changed. Pure.
// Rule: core validation validateContainerRestartPolicy, validateResizePolicy.
import { at, child, duplicate, invalidValue, notSupported, type Path, required, tooMany } from '../../field-errors.ts';
import type { Container, PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const policies = ['Always', 'Never', 'OnFailure'];
const actions = ['Restart', 'RestartAllContainers'];
const operators = ['In', 'NotIn'];
const mostRules = 20;
const mostCodes = 255;

/** `path`: of the container. */
export function validateRestarts({ restartPolicy, restartPolicyRules = [] }: Container, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const field = child(path, 'restartPolicy');
  const list = child(path, 'restartPolicyRules');
  if (restartPolicy === undefined) {
    if (restartPolicyRules.length === 0) return [];
    causes.push(required(field, 'must specify restartPolicy when restart rules are used'));
  } else if (!policies.includes(restartPolicy)) causes.push(notSupported(field, restartPolicy, policies));
  if (restartPolicyRules.length > mostRules) causes.push(tooMany(list, restartPolicyRules.length, mostRules));
  for (const [index, { action, exitCodes }] of restartPolicyRules.entries()) {
    const rule = at(list, index);
    const codes = child(rule, 'exitCodes');
    if (!actions.includes(action)) causes.push(notSupported(child(rule, 'action'), action ?? '', actions));
    if (exitCodes === undefined) {
      causes.push(required(codes, 'must be specified'));
      continue;
    }
    const { operator, values = [] } = exitCodes;
    if (!operators.includes(operator)) causes.push(notSupported(child(codes, 'operator'), operator ?? '', operators));
    if (values.length > mostCodes) causes.push(tooMany(child(codes, 'values'), values.length, mostCodes));
  }
  return causes;
}

/** An init container that says no policy of its own is not looked at further. */
export function validateInitRestarts(container: Container, path: Path): StatusCause[] {
  if (container.restartPolicy !== undefined) return validateRestarts(container, path);
  if ((container.restartPolicyRules ?? []).length === 0) return [];
  return [required(child(path, 'restartPolicy'), 'must specify restartPolicy when restart rules are used')];
}

const resizable = ['cpu', 'memory'];
const resizePolicies = ['NotRequired', 'RestartContainer'];

export function validateResizePolicy(
  { resizePolicy = [] }: Pick<Container, 'resizePolicy'>,
  { restartPolicy }: PodSpec,
  path: Path,
): StatusCause[] {
  const list = child(path, 'resizePolicy');
  const taken = new Set<string>();
  return resizePolicy.flatMap(({ resourceName, restartPolicy: policy }, index) => {
    const causes = taken.has(resourceName) ? [duplicate(at(list, index), resourceName)] : [];
    taken.add(resourceName);
    causes.push(...choice(list, resourceName, resizable), ...choice(list, policy, resizePolicies));
    if (restartPolicy === 'Never' && policy !== 'NotRequired') {
      const why = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
      causes.push(invalidValue(list, policy, why));
    }
    return causes;
  });
}

/** What runs to its end before others start is not started again to be given more. */
export function validateInitResize({ restartPolicy, resizePolicy = [] }: Container, path: Path): StatusCause[] {
  if (restartPolicy === 'Always') return [];
  return resizePolicy.flatMap(({ restartPolicy: policy }, index) => {
    if (policy !== 'RestartContainer') return [];
    const field = child(at(child(path, 'resizePolicy'), index), 'restartPolicy');
    return [invalidValue(field, policy, "must not be set to 'RestartContainer' for non-sidecar initContainers")];
  });
}

function choice(field: Path, value: string | undefined, among: readonly string[]): StatusCause[] {
  if (!value) return [required(field)];
  return among.includes(value) ? [] : [notSupported(field, value, among)];
}
