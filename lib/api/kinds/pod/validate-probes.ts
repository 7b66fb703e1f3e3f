import { child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import type { Container, Lifecycle, LifecycleHandler, PodSpec, Probe } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

export function validateProbes(container: Container, spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[field];
    if (probe === undefined) continue;
    causes.push(...validateProbe(probe, spec, child(path, field)));
    if (field !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1) {
      causes.push(invalidValue(child(path, field, 'successThreshold'), probe.successThreshold, 'must be 1'));
    }
    if (field === 'readinessProbe' && probe.terminationGracePeriodSeconds !== undefined) {
      const name = child(path, field, 'terminationGracePeriodSeconds');
      causes.push(invalidValue(name, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'));
    }
  }
  return causes;
}

function validateProbe(probe: Probe, spec: PodSpec, path: Path): StatusCause[] {
  const causes = validateHandler(probe, spec, path);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    const value = probe[field] ?? 0;
    if (value < 0) causes.push(invalidValue(child(path, field), value, 'must be greater than or equal to 0'));
  }
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    const field = child(path, 'terminationGracePeriodSeconds');
    causes.push(invalidValue(field, probe.terminationGracePeriodSeconds, 'must be greater than 0'));
  }
  return causes;
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const field of ['postStart', 'preStop'] as const) {
    const handler = lifecycle?.[field];
    if (handler !== undefined) causes.push(...validateHandler(handler, spec, child(path, field)));
  }
  return causes;
}

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

function validateHandler(handler: Handler, spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const kinds = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter(
    (kind) => handler[kind] !== undefined,
  );
  for (const kind of kinds.slice(1)) {
    causes.push(forbiddenField(child(path, kind), 'may not specify more than 1 handler type'));
  }
  if (kinds.length === 0) causes.push(required(path, 'must specify a handler type'));
  switch (kinds[0]) {
    case 'exec':
      if ((handler.exec?.command ?? []).length === 0) causes.push(required(child(path, 'exec', 'command')));
      break;
    case 'httpGet':
      causes.push(...validateHttp(handler.httpGet!, child(path, 'httpGet')));
      break;
    case 'tcpSocket':
      causes.push(...validatePort(handler.tcpSocket!.port, child(path, 'tcpSocket', 'port')));
      break;
    case 'grpc':
      causes.push(...validatePort(handler.grpc!.port, child(path, 'grpc', 'port')));
      break;
    case 'sleep':
      causes.push(...validateSleep(handler.sleep!.seconds ?? 0, spec, child(path, 'sleep')));
      break;
    default:
      break;
  }
  return causes;
}

function validateHttp(action: NonNullable<Handler['httpGet']>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!action.path) causes.push(required(child(path, 'path')));
  causes.push(...validatePort(action.port, child(path, 'port')));
  if (!['HTTP', 'HTTPS'].includes(action.scheme ?? '')) {
    causes.push(notSupported(child(path, 'scheme'), action.scheme ?? '', ['HTTP', 'HTTPS']));
  }
  for (const { name } of action.httpHeaders ?? []) {
    if (/^[-A-Za-z0-9]+$/.test(name)) continue;
    const message =
      "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    causes.push(invalidValue(child(path, 'httpHeaders'), name, message));
  }
  return causes;
}

/** One that is absent is the number zero. */
function validatePort(port: number | string = 0, path: Path): StatusCause[] {
  const wrong = typeof port === 'number' ? wrongPort(port) : wrongPortName(port);
  return wrong.map((message) => invalidValue(path, port, message));
}

function validateSleep(seconds: number, spec: PodSpec, path: Path): StatusCause[] {
  const most = spec.terminationGracePeriodSeconds;
  if (most === undefined) return []; // that is an error of its own
  if (seconds >= 0 && seconds <= most) return [];
  const message = `must be non-negative and less than terminationGracePeriodSeconds (${most})`;
  return [invalidValue(path, seconds, message)];
}
