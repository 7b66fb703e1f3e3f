// What an autoscaler may go by. Pure. Rule: autoscaling validation, validateMetricSpec.
import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongPathSegment } from '../../names.ts';
import { readQuantity } from '../../quantity.ts';
import type {
  ContainerResourceMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../types/autoscaling.v2.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateContainerResourceName } from '../pod/resource-names.ts';
import { validateReference } from './validate-reference.ts';

const sources = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const;
type Source = (typeof sources)[keyof typeof sources];

export function validateMetrics(metrics: readonly MetricSpec[], path: Path): StatusCause[] {
  return metrics.flatMap((metric, index) => validateMetric(metric, at(path, index)));
}

function validateMetric(metric: MetricSpec, path: Path): StatusCause[] {
  const type = metric.type ?? '';
  const own: Source | undefined = Object.hasOwn(sources, type) ? sources[type as keyof typeof sources] : undefined;
  const field = child(path, 'type');
  const causes = type === '' ? [required(field, 'must specify a metric source type')] : [];
  if (own === undefined) causes.push(notSupported(field, type, Object.keys(sources)));
  const given = Object.values(sources).filter((name) => metric[name] !== undefined);
  if (given[0] !== undefined) causes.push(...validateSource(metric, given[0], child(path, given[0])));
  if (own === undefined) causes.push(notSupported(field, type, Object.keys(sources)));
  else if (metric[own] === undefined) {
    causes.push(required(child(path, own), 'must populate information for the given metric source'));
  }
  if (given.length === 1) return causes;
  const others = given.filter((name) => name !== own);
  const why = 'must populate the given metric source only';
  return [...causes, ...others.map((name) => forbiddenField(child(path, name), why))];
}

function validateSource(metric: MetricSpec, source: Source, path: Path): StatusCause[] {
  const target = metric[source]?.target ?? ({} as Partial<MetricTarget>);
  const causes = validateTarget(target, child(path, 'target'));
  const missing = (name: string, why: string) => required(child(path, 'target', name), why);
  switch (source) {
    case 'object':
      return [
        ...validateReference(metric.object?.describedObject, child(path, 'describedObject')),
        ...validateIdentifier(metric.object?.metric, child(path, 'metric')),
        ...causes,
        ...(hasNeither(target) ? [missing('averageValue', 'must set either a target value or averageValue')] : []),
      ];
    case 'external':
      return [
        ...validateIdentifier(metric.external?.metric, child(path, 'metric')),
        ...causes,
        ...(hasNeither(target)
          ? [missing('averageValue', 'must set either a target value for metric or a per-pod target')]
          : []),
        ...(target.value !== undefined && target.averageValue !== undefined
          ? [
              forbiddenField(
                child(path, 'target', 'value'),
                'may not set both a target value for metric and a per-pod target',
              ),
            ]
          : []),
      ];
    case 'pods':
      return [
        ...validateIdentifier(metric.pods?.metric, child(path, 'metric')),
        ...causes,
        ...(target.averageValue === undefined
          ? [missing('averageValue', 'must specify a positive target averageValue')]
          : []),
      ];
    default:
      return [...validateResource(metric[source]!, source, path), ...causes, ...validateShare(target, path)];
  }
}

function hasNeither({ value, averageValue }: Partial<MetricTarget>): boolean {
  return value === undefined && averageValue === undefined;
}

function validateResource(
  { name, container }: Partial<ContainerResourceMetricSource>,
  source: Source,
  path: Path,
): StatusCause[] {
  const causes = name ? [] : [required(child(path, 'name'), 'must specify a resource name')];
  if (source === 'resource') return causes;
  if (name) causes.push(...validateContainerResourceName(name, child(path, 'name')));
  const field = child(path, 'container');
  if (!container) return [...causes, required(field, 'must specify a container')];
  return [...causes, ...wrongDns1123Label(container).map((message) => invalidValue(field, container, message))];
}

/** Either so much of each pod, or so much of what each asks for. */
function validateShare({ averageUtilization, averageValue }: Partial<MetricTarget>, path: Path): StatusCause[] {
  const target = child(path, 'target');
  if (averageUtilization === undefined && averageValue === undefined) {
    const why = 'must set either a target raw value or a target utilization';
    return [required(child(target, 'averageUtilization'), why)];
  }
  if (averageUtilization === undefined || averageValue === undefined) return [];
  const why = 'may not set both a target raw value and a target utilization';
  return [forbiddenField(child(target, 'averageValue'), why)];
}

function validateTarget(target: Partial<MetricTarget>, path: Path): StatusCause[] {
  const { type, averageUtilization } = target;
  const field = child(path, 'type');
  const causes = type ? [] : [required(field, 'must specify a metric target type')];
  if (!types.includes(type ?? '')) {
    causes.push(invalidValue(field, type ?? '', 'must be either Utilization, Value, or AverageValue'));
  }
  for (const name of ['value', 'averageValue'] as const) {
    const amount = target[name];
    if (amount === undefined || (readQuantity(amount)?.nanos ?? 0n) > 0n) continue;
    causes.push(invalidValue(child(path, name), amount, 'must be positive'));
  }
  if (averageUtilization === undefined || averageUtilization >= 1) return causes;
  return [...causes, invalidValue(child(path, 'averageUtilization'), averageUtilization, 'must be greater than 0')];
}
const types: readonly string[] = ['AverageValue', 'Utilization', 'Value'];

function validateIdentifier(metric: MetricIdentifier | undefined, path: Path): StatusCause[] {
  const field = child(path, 'name');
  if (!metric?.name) return [required(field, 'must specify a metric name')];
  return wrongPathSegment(metric.name).map((message) => invalidValue(field, metric.name, message));
}
