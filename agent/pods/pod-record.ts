import type { Pod, ResourceRequirements } from '#lib/api/types/core.v1.ts';
import type { Refusal } from '../admission/admit.ts';
import { type Allocation, allocationOf, withAllocation } from '../resize/allocation.ts';
import type { Pending } from '../resize/judge.ts';
import type { Saved } from './checkpoint.ts';
import type { Waiting } from './container-state.ts';
import type { Restart } from './restart.ts';
import type { PodFacts } from './stage.ts';

/** All that is remembered of a pod on this node, beside what the runtime has of it. */
export interface PodRecord {
  readonly uid: string;
  /** As the API had it last. */
  wanted: Pod;
  /** The same with the resources that were granted: what is run. */
  pod: Pod;
  allocation: Allocation;
  /** Why it does not get what it asks for since it was resized. */
  pending?: Pending;
  /** Why it did not get what it was granted. */
  resizeError?: string;
  /** By container id: the resources that the runtime was told last. */
  readonly actuated: Map<string, ResourceRequirements>;
  /** The API no longer has it, or never had since the agent's start. */
  isGone: boolean;
  facts: PodFacts;
  /** Whether it may run here was decided. */
  isAdmitted: boolean;
  /** Why it may not: nothing of it is ever made. */
  refusal?: Refusal;
  /** Why it has to fail, whatever its containers do. */
  failure?: {
    readonly reason: string;
    readonly message: string;
    /** It is ended for the node's sake: whoever made it should make another. */
    readonly isDisruption?: boolean;
  };
  /** By container name. */
  readonly restarts: Map<string, Restart>;
  readonly waiting: Map<string, Waiting>;
  /** Containers whose preStop hook has been run. */
  readonly stopped: Set<string>;
  /** By container name: the ended container for whose sake users were told of a pause. */
  readonly held: Map<string, string>;
  readonly seenAtMs: number;
  /** Ends what is being done for it now, when something more urgent came. */
  current: AbortController;
  /** Failures in a row to make its volumes or its sandbox. */
  failures: number;
}

export function createRecord(pod: Pod, nowMs: number, saved?: Saved): PodRecord {
  const allocation = saved?.allocation ?? allocationOf(pod);
  return {
    uid: pod.metadata.uid ?? '',
    wanted: pod,
    pod: withAllocation(pod, allocation),
    allocation,
    actuated: new Map(Object.entries(saved?.actuated ?? {})),
    isGone: false,
    isAdmitted: false,
    facts: {},
    restarts: new Map(Object.entries(saved?.restarts ?? {})),
    waiting: new Map(),
    stopped: new Set(),
    held: new Map(),
    seenAtMs: nowMs,
    current: new AbortController(),
    failures: 0,
  };
}

/** The API has a newer version of the pod. */
export function renew(record: PodRecord, now: Pod): void {
  record.wanted = now;
  record.pod = withAllocation(now, record.allocation);
}

/** 'namespace/name', as logs have it. */
export function shownPod({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
