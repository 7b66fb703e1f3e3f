// What a node has to be able to do for a pod, beyond what every node can. Pure. Rule: KEP-5328; component-helpers
// nodedeclaredfeatures: each feature tells by the pod whether the pod needs it.
import { isSame } from '../kinds/equal.ts';
import type { Node, Pod } from '../types/core.v1.ts';

/** As `status.declaredFeatures` of nodes names them. */
export const podLevelResize = 'InPlacePodLevelResourcesVerticalScaling';
export const restartAllContainers = 'RestartAllContainersOnContainerExits';

/** Features that a node must have declared to be given `pod`, sorted. */
export function featuresToRun({ spec }: Pod): readonly string[] {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const restartsAll = all.some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );
  return restartsAll ? [restartAllContainers] : [];
}

/** Features that the node of a pod must have declared for `before` to become `next`, sorted. */
export function featuresToChange(next: Pod, before: Pod): readonly string[] {
  return isSame(next.spec?.resources, before.spec?.resources) ? [] : [podLevelResize];
}

/** Those of `features` that the node has not declared. */
export function undeclared(features: readonly string[], { status }: Node): readonly string[] {
  return features.filter((name) => !status?.declaredFeatures?.includes(name));
}
