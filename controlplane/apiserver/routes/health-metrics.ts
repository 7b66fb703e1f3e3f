import type { Metrics } from '#lib/metrics.ts';
import type { HealthCheck } from './health.ts';

/** How each check went when it was last asked for, and how often. Rule: component-base metrics, health. */
export function healthCounted(checks: readonly HealthCheck[], type: string, metrics: Metrics): readonly HealthCheck[] {
  const last = metrics.gauge('kubernetes_healthcheck', '1 where a check of health was last passed.', ['name', 'type']);
  const total = metrics.counter('kubernetes_healthchecks_total', 'Checks of health, by how they ended.', [
    'name',
    'status',
    'type',
  ]);
  return checks.map((check) => ({
    ...check,
    problem() {
      const problem = check.problem();
      last.set([check.name, type], problem === undefined ? 1 : 0);
      total.add([check.name, problem === undefined ? 'success' : 'error', type]);
      return problem;
    },
  }));
}
