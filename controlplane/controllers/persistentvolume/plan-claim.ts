// What is to be done about a claim as things stand. Pure. Rule: pv_controller.go, syncUnboundClaim and syncBoundClaim.
import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import type { StorageClass } from '#lib/api/types/storage.v1.ts';
import { bindCompleted, hasAnnotation, selectedNode } from '../../volumes/annotations.ts';
import { classOf, classOfVolume, isBoundTo, matchVolume, misfit } from '../../volumes/match.ts';

export interface ClaimFacts {
  readonly claim: PersistentVolumeClaim;
  readonly volumes: Iterable<PersistentVolume>;
  volumeNamed(name: string): PersistentVolume | undefined;
  classNamed(name: string): StorageClass | undefined;
  /** Pods without a node that use the claim, by name. */
  readonly waitingPods: readonly string[];
}

export type ClaimStep =
  | { readonly do: 'bind'; readonly volume: PersistentVolume }
  | { readonly do: 'wait'; readonly tell?: Told | undefined }
  | { readonly do: 'provision'; readonly provisioner: string; readonly tell: Told }
  | { readonly do: 'lose'; readonly tell: Told };

export interface Told {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export function planClaim(facts: ClaimFacts): ClaimStep {
  return hasAnnotation(facts.claim, bindCompleted) ? planBound(facts) : planUnbound(facts);
}

function planUnbound(facts: ClaimFacts): ClaimStep {
  const { claim } = facts;
  if (claim.metadata.deletionTimestamp !== undefined) return { do: 'wait' };
  return claim.spec.volumeName ? planNamed(facts, claim.spec.volumeName) : planAny(facts);
}

function planAny(facts: ClaimFacts): ClaimStep {
  const { claim, volumes } = facts;
  const className = classOf(claim);
  const storageClass = facts.classNamed(className);
  const isDelayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !hasAnnotation(claim, selectedNode);
  const volume = matchVolume(claim, volumes, { isDelayed });
  if (volume !== undefined) return { do: 'bind', volume };
  if (isDelayed) return { do: 'wait', tell: awaited(facts) };
  if (className === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    return { do: 'wait', tell: { type: 'Normal', reason: 'FailedBinding', message } };
  }
  if (storageClass === undefined) {
    return failed(`storageclass.storage.k8s.io ${JSON.stringify(className)} not found`);
  }
  const { provisioner } = storageClass;
  if (provisioner.startsWith('kubernetes.io/')) return failed('no volume plugin matched');
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { do: 'provision', provisioner, tell: { type: 'Normal', reason: 'ExternalProvisioning', message } };
}

function failed(message: string): ClaimStep {
  return { do: 'wait', tell: { type: 'Warning', reason: 'ProvisioningFailed', message } };
}

function awaited({ waitingPods }: ClaimFacts): Told {
  if (waitingPods.length === 0) {
    const message = 'waiting for first consumer to be created before binding';
    return { type: 'Normal', reason: 'WaitForFirstConsumer', message };
  }
  const what = waitingPods.length === 1 ? `pod ${waitingPods[0]}` : `pods ${waitingPods.join(',')}`;
  return { type: 'Normal', reason: 'WaitForPodScheduled', message: `waiting for ${what} to be scheduled` };
}

/** A person said which volume. */
function planNamed({ claim, volumeNamed }: ClaimFacts, name: string): ClaimStep {
  const volume = volumeNamed(name);
  if (volume === undefined) return { do: 'wait' };
  if (volume.spec.claimRef === undefined) {
    const why = unfit(volume, claim);
    if (why === undefined) return { do: 'bind', volume };
    const message = `Cannot bind to requested volume ${JSON.stringify(name)}: ${why}`;
    return { do: 'wait', tell: { type: 'Warning', reason: 'VolumeMismatch', message } };
  }
  if (isBoundTo(volume, claim)) return { do: 'bind', volume };
  const message = `volume ${JSON.stringify(name)} already bound to a different claim.`;
  return { do: 'wait', tell: { type: 'Warning', reason: 'FailedBinding', message } };
}

/** Rule: checkVolumeSatisfyClaim. */
function unfit(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const { name, deletionTimestamp } = volume.metadata;
  if (deletionTimestamp !== undefined) return `the volume is marked for deletion ${JSON.stringify(name)}`;
  return misfit(volume, claim) ?? (classOfVolume(volume) === classOf(claim) ? undefined : wrongClass);
}
const wrongClass = 'storageClassName does not match';

function planBound({ claim, volumeNamed }: ClaimFacts): ClaimStep {
  const name = claim.spec.volumeName;
  if (!name)
    return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = volumeNamed(name);
  if (volume === undefined) {
    return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  }
  const { claimRef } = volume.spec;
  if (claimRef === undefined || isBoundTo(volume, claim)) return { do: 'bind', volume };
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function lost(reason: string, message: string): ClaimStep {
  return { do: 'lose', tell: { type: 'Warning', reason, message } };
}
