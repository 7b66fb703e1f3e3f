import { validatingAdmissionPolicies } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { typeWarnings } from './type-check.ts';

/** Says in the status of each policy what of it cannot hold for the kinds it is about, and which form of it has been looked at. */
export async function runPolicyStatus(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers } = context;
  const policies = informers.get(validatingAdmissionPolicies);
  const queue = createQueue('validatingadmissionpolicy-status-controller', context, reconcile);
  policies.onChange((now, _before, key) => now !== undefined && queue.add(key));
  await runWhenSynced(queue, [policies], signal);

  async function reconcile(name: string, signal: AbortSignal): Promise<undefined> {
    const policy = policies.get(name);
    const { generation = 1 } = policy?.metadata ?? {};
    if (policy === undefined || policy.status?.observedGeneration === generation) return;
    const { createTypedChecker } = await import('#lib/cel/typed.ts');
    const warnings = typeWarnings(policy, createTypedChecker);
    const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings };
    const status = { ...policy.status, observedGeneration: generation, typeChecking };
    const written = client.update(validatingAdmissionPolicies, { ...policy, status }, signal, {
      subresource: 'status',
    });
    await written.catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
  }
}
