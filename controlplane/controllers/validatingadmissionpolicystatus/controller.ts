import { validatingAdmissionPolicies } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';

/** Says in the status of each policy which form of it has been looked at; expressions are checked when they come in. */
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
    const status = { ...policy.status, observedGeneration: generation, typeChecking: {} };
    const written = client.update(validatingAdmissionPolicies, { ...policy, status }, signal, {
      subresource: 'status',
    });
    await written.catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
  }
}
