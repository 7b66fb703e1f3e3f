import type { Job, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule } from '#lib/api/types/batch.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

// Rule: Job, "Pod failure policy": the first rule that fits decides. Pure.

export type FailureAction = 'Count' | 'Ignore' | 'FailJob' | 'FailIndex';

export function actionFor(pod: Pod, job: Job): { readonly action: FailureAction; readonly message: string } {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [i, rule] of rules.entries()) {
    const why = matchOf(pod, rule);
    if (why !== undefined)
      return { action: rule.action as FailureAction, message: `${why} matching ${rule.action} rule at index ${i}` };
  }
  return { action: 'Count', message: '' };
}

function matchOf(pod: Pod, { onExitCodes, onPodConditions }: PodFailurePolicyRule): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (onExitCodes !== undefined) {
    for (const status of [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]) {
      const code = status.state?.terminated?.exitCode;
      if (onExitCodes.containerName !== undefined && onExitCodes.containerName !== status.name) continue;
      if (code !== undefined && code !== 0 && fits(code, onExitCodes)) {
        return `Container ${status.name} for pod ${name} failed with exit code ${code}`;
      }
    }
  }
  for (const { type, status } of onPodConditions ?? []) {
    if (pod.status.conditions?.some((c) => c.type === type && c.status === (status || 'True'))) {
      return `Pod ${name} has condition ${type}`;
    }
  }
  return undefined;
}

function fits(code: number, { operator, values }: PodFailurePolicyOnExitCodesRequirement): boolean {
  return (operator === 'In') === (values ?? []).includes(code);
}
