import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Refusal } from '../admission/admit.ts';
import type { Waiting } from './container-state.ts';
import type { Restart } from './restart.ts';
import type { PodFacts } from './stage.ts';

/** All that is remembered of a pod on this node, beside what the runtime has of it. */
export interface PodRecord {
  readonly uid: string;
  /** As the API had it last. */
  pod: Pod;
  /** The API no longer has it, or never had since the agent's start. */
  isGone: boolean;
  facts: PodFacts;
  /** Whether it may run here was decided. */
  isAdmitted: boolean;
  /** Why it may not: nothing of it is ever made. */
  refusal?: Refusal;
  /** Why it has to fail, whatever its containers do. */
  failure?: { readonly reason: string; readonly message: string };
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

export function createRecord(pod: Pod, nowMs: number): PodRecord {
  return {
    uid: pod.metadata.uid ?? '',
    pod,
    isGone: false,
    isAdmitted: false,
    facts: {},
    restarts: new Map(),
    waiting: new Map(),
    stopped: new Set(),
    held: new Map(),
    seenAtMs: nowMs,
    current: new AbortController(),
    failures: 0,
  };
}

/** 'namespace/name', as logs have it. */
export function shownPod({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
