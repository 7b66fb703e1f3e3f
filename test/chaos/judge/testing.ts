// Histories for the tests of the rules: objects as the API shows them, one second after the other.
import type { KubeObject } from '#lib/api/resource.ts';
import { type Broken, type KindName, type Observation, type Rule, replay } from './history.ts';

const startMs = Date.UTC(2026, 0, 1);

export interface Told {
  readonly list?: readonly object[];
  readonly put?: object;
  readonly gone?: object;
  /** Seconds after the one before; 1 unless told. */
  readonly after?: number;
  readonly kind: KindName;
}

/** What is told, a revision and a second each; a change is stamped with when it was. */
export function historyOf(told: readonly Told[]): readonly Observation[] {
  let atMs = startMs;
  return told.map(({ kind, list, put, gone, after = 1 }, i) => {
    atMs += after * 1000;
    const revision = i + 1;
    const creationTimestamp = new Date(atMs).toISOString();
    const objects = (list ?? [put ?? gone!]).map((object) => {
      const { metadata, ...rest } = object as KubeObject;
      return { ...rest, metadata: { creationTimestamp, resourceVersion: String(revision), ...metadata } };
    });
    const type = list !== undefined ? 'list' : put !== undefined ? 'put' : 'gone';
    return { kind, type, revision, objects: objects as unknown as readonly KubeObject[], atMs };
  });
}

/** Which rules are broken, in the order in which they were. */
export function findings(told: readonly Told[], rule: Rule): readonly string[] {
  return replay(historyOf(told), [rule]).map(({ rule: name }: Broken) => name);
}

export interface PodState {
  readonly uid?: string;
  readonly owner?: string;
  readonly phase?: string;
  readonly isReady?: boolean;
  readonly isLeaving?: boolean;
  readonly isDisrupted?: boolean;
  readonly index?: number;
  readonly revision?: string;
  readonly node?: string;
}

export function podOf(name: string, state: PodState = {}): object {
  const { uid = name, owner = 'owner', phase = 'Running', isReady = true, node = 'n' } = state;
  const condition = (type: string, is: boolean) => ({ type, status: is ? 'True' : 'False' });
  return {
    metadata: {
      name,
      uid,
      labels: { 'controller-revision-hash': state.revision ?? 'r1' },
      annotations: state.index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': String(state.index) },
      ownerReferences: [{ uid: owner, controller: true, name: owner }],
      ...(state.isLeaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { nodeName: node },
    status: {
      phase,
      conditions: [condition('Ready', isReady), condition('DisruptionTarget', state.isDisrupted === true)],
    },
  };
}

export const pod = (name: string, state?: PodState): Told => ({ kind: 'pods', put: podOf(name, state) });
export const gone = (name: string, state?: PodState): Told => ({ kind: 'pods', gone: podOf(name, state) });
