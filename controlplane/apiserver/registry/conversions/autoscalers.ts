// autoscaling/v1 <-> v2: v1 knows one metric, the CPU's utilization; what else there is travels in annotations.
// Stored as v2. Rule: pkg/apis/autoscaling/v1 conversion.
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { HorizontalPodAutoscaler as V1 } from '#lib/api/types/autoscaling.v1.ts';
import type { MetricSpec, MetricStatus, HorizontalPodAutoscaler as V2 } from '#lib/api/types/autoscaling.v2.ts';

const annotation = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
};

export function autoscalerToV2(object: KubeObject): ApiObject {
  const { metadata, spec, status } = object as unknown as V1;
  const { targetCPUUtilizationPercentage: target, ...restOfSpec } = spec ?? {};
  const { currentCPUUtilizationPercentage: current, ...restOfStatus } = status ?? {};
  const others = parsed<readonly MetricSpec[]>(metadata.annotations, annotation.metrics) ?? [];
  const metrics = [...others, ...(target === undefined ? [] : [cpuMetric(target)])];
  const seen = parsed<readonly MetricStatus[]>(metadata.annotations, annotation.currentMetrics) ?? [];
  const currentMetrics = [...seen, ...(current === undefined ? [] : [cpuStatus(current)])];
  const behavior = parsed(metadata.annotations, annotation.behavior);
  const conditions = parsed(metadata.annotations, annotation.conditions);
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, {}),
    spec: {
      ...restOfSpec,
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: {
      ...restOfStatus,
      ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
      ...(conditions === undefined ? {} : { conditions }),
    },
  } as unknown as ApiObject;
}

export function autoscalerFromV2(object: KubeObject): ApiObject {
  const { metadata, spec, status } = object as unknown as V2;
  const { metrics = [], behavior, ...restOfSpec } = spec ?? {};
  const { currentMetrics = [], conditions, ...restOfStatus } = status ?? {};
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu);
  const current = currentMetrics.find(
    ({ resource }) => resource?.name === 'cpu' && resource.current?.averageUtilization !== undefined,
  );
  const seen = currentMetrics.filter((metric) => metric !== current);
  const texts = {
    ...(others.length > 0 ? { [annotation.metrics]: JSON.stringify(others) } : {}),
    ...(behavior === undefined ? {} : { [annotation.behavior]: JSON.stringify(behavior) }),
    ...(seen.length > 0 ? { [annotation.currentMetrics]: JSON.stringify(seen) } : {}),
    ...(conditions === undefined ? {} : { [annotation.conditions]: JSON.stringify(conditions) }),
  };
  const target = cpu?.resource?.target?.averageUtilization;
  const average = current?.resource?.current?.averageUtilization;
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, texts),
    spec: { ...restOfSpec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    // v1 always says how many there are.
    status: {
      currentReplicas: 0,
      ...restOfStatus,
      ...(average === undefined ? {} : { currentCPUUtilizationPercentage: average }),
    },
  } as unknown as ApiObject;
}

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target?.averageUtilization !== undefined;
}

function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

function cpuStatus(averageUtilization: number): MetricStatus {
  return { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization } } };
}

/** What cannot be read is taken as absent: an annotation is anybody's to write. */
function parsed<T>(annotations: Readonly<Record<string, string>> | undefined, key: string): T | undefined {
  try {
    return annotations?.[key] === undefined ? undefined : JSON.parse(annotations[key]);
  } catch {
    return undefined;
  }
}

function withAnnotations(
  metadata: KubeObject['metadata'],
  texts: Readonly<Record<string, string>>,
): KubeObject['metadata'] {
  const { annotations, ...rest } = metadata;
  const ours: readonly string[] = Object.values(annotation);
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !ours.includes(key));
  const all = { ...Object.fromEntries(kept), ...texts };
  return Object.keys(all).length === 0 ? rest : { ...rest, annotations: all };
}
