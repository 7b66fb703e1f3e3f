import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '../../types/autoscaling.v2.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import type { Mutable } from '../object.ts';
import { validateCounts } from '../validate-counts.ts';
import { validateAutoscaler } from './validate-autoscaler.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;

const mostShown = 2;

export const horizontalPodAutoscaler: KindParts<HorizontalPodAutoscaler> = {
  defaults(object) {
    const spec = (object.spec ??= {} as NonNullable<typeof object.spec>);
    spec.minReplicas ??= 1;
    // The older version has its one target in a field of its own.
    if (object.apiVersion === 'autoscaling/v1') return;
    if ((spec.metrics ?? []).length === 0) {
      spec.metrics = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ];
    }
    defaultBehavior(spec);
  },
  validate: validateAutoscaler,
  validateStatus: ({ status }) => validateCounts(status, ['currentReplicas', 'desiredReplicas']),
  columns: columns(['Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', '@Age']),
  row({ metadata, spec, status }, nowMs) {
    const ref = spec?.scaleTargetRef;
    return [
      metadata.name,
      `${ref?.kind}/${ref?.name}`,
      targets(spec?.metrics ?? [], status?.currentMetrics ?? []),
      String(spec?.minReplicas ?? '<unset>'),
      spec?.maxReplicas ?? 0,
      status?.currentReplicas ?? 0,
      ageOf(metadata, nowMs),
    ];
  },
};

/** Rules are filled in only where some are given. Rule: autoscaling/v2 SetDefaults_HorizontalPodAutoscalerBehavior. */
function defaultBehavior({ behavior }: Mutable<Spec>): void {
  if (behavior === undefined) return;
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
    ...behavior.scaleUp,
  };
  behavior.scaleDown = {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    ...behavior.scaleDown,
  };
}

function targets(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return '<none>';
  const shown = specs
    .slice(0, mostShown)
    .map((spec, index) => target(spec, statuses[index]))
    .join(', ');
  return specs.length > mostShown ? `${shown} + ${specs.length - mostShown} more...` : shown;
}

function target(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'Resource':
      return resourceTarget(spec.resource?.name ?? '', spec.resource?.target, status?.resource?.current);
    case 'ContainerResource':
      return resourceTarget(
        spec.containerResource?.name ?? '',
        spec.containerResource?.target,
        status?.containerResource?.current,
      );
    case 'Pods':
      return `${status?.pods?.current?.averageValue ?? '<unknown>'}/${spec.pods?.target?.averageValue}`;
    case 'Object':
      return plainTarget(spec.object?.target, status?.object?.current);
    case 'External':
      return plainTarget(spec.external?.target, status?.external?.current);
    default:
      return '<unknown type>';
  }
}

interface Amounts {
  readonly value?: string | undefined;
  readonly averageValue?: string | undefined;
  readonly averageUtilization?: number | undefined;
}

function resourceTarget(name: string, wish: Amounts | undefined, now: Amounts | undefined): string {
  if (wish?.averageValue !== undefined) return `${name}: ${now?.averageValue ?? '<unknown>'}/${wish.averageValue}`;
  const current = now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`;
  return `${name}: ${current}/${wish?.averageUtilization === undefined ? '<auto>' : `${wish.averageUtilization}%`}`;
}

function plainTarget(wish: Amounts | undefined, now: Amounts | undefined): string {
  if (wish?.averageValue !== undefined) return `${now?.averageValue ?? '<unknown>'}/${wish.averageValue} (avg)`;
  return `${now?.value ?? '<unknown>'}/${wish?.value}`;
}
