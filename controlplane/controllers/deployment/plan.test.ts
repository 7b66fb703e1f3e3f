import test from 'ava';
import type { Deployment, DeploymentSpec, ReplicaSet } from '#lib/api/types/apps.v1.ts';
import { planDeployment, type Step } from './plan.ts';
import { makeNew, revisionOf, sizeOf, withAnnotations } from './replica-sets.ts';

const nowMs = Date.UTC(2026, 0, 1);
const base: Deployment = {
  metadata: { name: 'web', namespace: 'default', uid: 'd', generation: 1 },
  status: {},
  spec: {
    replicas: 10,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    progressDeadlineSeconds: 600,
    template: template('one'),
  },
};

test('planDeployment() creates the first ReplicaSet in full size with its revision', (t) => {
  const { steps } = planDeployment({ deployment: base, sets: [], pods: [], nowMs });
  t.deepEqual(
    steps.map((step) => step.do),
    ['create', 'setRevision', 'writeStatus'],
  );
  const set = (steps[0] as { set: ReplicaSet }).set;
  t.is(sizeOf(set), 10);
  t.like(set.metadata.annotations, {
    'deployment.kubernetes.io/revision': '1',
    'deployment.kubernetes.io/desired-replicas': '10',
    'deployment.kubernetes.io/max-replicas': '13',
  });
  t.is(set.metadata.labels?.['pod-template-hash'], set.spec?.selector.matchLabels?.['pod-template-hash']);
  const written = steps[2] as Extract<Step, { do: 'writeStatus' }>;
  t.like(
    written.status.conditions?.find(({ type }) => type === 'Progressing'),
    { status: 'True', reason: 'NewReplicaSetCreated' },
  );
});

test('planDeployment() starts a new template with no more than the surge', (t) => {
  const changed = withSpec({ template: template('two') });
  t.deepEqual(sizes(changed, [setOf(base, 10, 10)]), ['create 3']);
});

test('planDeployment() shrinks the old ReplicaSet by what may be unavailable', (t) => {
  const changed = withSpec({ template: template('two') });
  t.deepEqual(sizes(changed, [setOf(base, 10, 10), setOf(changed, 3, 0)]), ['resize 10 to 8']);
  t.deepEqual(sizes(changed, [setOf(base, 8, 8), setOf(changed, 5, 0)]), []);
  t.deepEqual(sizes(changed, [setOf(base, 8, 8), setOf(changed, 5, 5)]), ['resize 8 to 3']);
});

test('planDeployment() takes pods that do not work first', (t) => {
  const changed = withSpec({ template: template('two') });
  t.deepEqual(sizes(changed, [setOf(base, 8, 5), setOf(changed, 5, 3)]), ['resize 8 to 5']);
});

test('planDeployment() rolls over: what was being rolled out goes first where it does not work', (t) => {
  const second = withSpec({ template: template('two') });
  const third = withSpec({ template: template('three') });
  const sets = [setOf(base, 8, 8), setOf(second, 5, 0, 2)];
  t.deepEqual(sizes(third, sets), ['create 0']);
  t.deepEqual(sizes(third, [...sets, setOf(third, 0, 0, 3)]), ['resize 5 to 0']);
  t.deepEqual(sizes(third, [setOf(base, 8, 8), setOf(second, 0, 0, 2), setOf(third, 0, 0, 3)]), ['resize 0 to 5']);
});

test('planDeployment() counts who is on the way out', (t) => {
  const leaving = setOf(base, 10, 10);
  const sets = [{ ...leaving, status: { ...leaving.status!, terminatingReplicas: 2 } }];
  const { steps } = planDeployment({ deployment: base, sets, pods: [], nowMs });
  const written = steps.find((step) => step.do === 'writeStatus');
  t.like(written?.status, { replicas: 10, updatedReplicas: 10, terminatingReplicas: 2 });
});

test('planDeployment() scales proportionally in the middle of a rollout', (t) => {
  const changed = withSpec({ template: template('two'), replicas: 15 });
  const told = (set: ReplicaSet) =>
    withAnnotations(set, {
      'deployment.kubernetes.io/desired-replicas': '10',
      'deployment.kubernetes.io/max-replicas': '13',
    });
  const steps = sizes(changed, [told(setOf(base, 8, 8)), told(setOf(changed, 5, 0))]);
  t.deepEqual(steps, ['resize 8 to 11', 'resize 5 to 7']);
});

test('planDeployment() recreates only when no old pod is left', (t) => {
  const changed = withSpec({ template: template('two'), strategy: { type: 'Recreate' } });
  const old = setOf(base, 10, 10);
  t.deepEqual(sizes(changed, [old]), ['resize 10 to 0']);
  const pod = {
    metadata: {
      name: 'a',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: old.metadata.uid! }],
    },
    spec: { containers: [] },
    status: { phase: 'Running' as const },
  };
  const facts = { deployment: changed, sets: [setOf(base, 0, 0)], nowMs };
  t.deepEqual(
    planDeployment({ ...facts, pods: [pod] }).steps.filter(({ do: what }) => what === 'create'),
    [],
  );
  t.is(planDeployment({ ...facts, pods: [] }).steps.filter(({ do: what }) => what === 'create').length, 1);
});

test('planDeployment() makes nothing new while paused', (t) => {
  const changed = withSpec({ template: template('two'), paused: true, replicas: 4 });
  t.deepEqual(sizes(changed, [setOf(base, 10, 10)]), ['resize 10 to 4']);
});

test('planDeployment() is done when all is new and available, then deletes beyond the history limit', (t) => {
  const changed = withSpec({ template: template('two'), revisionHistoryLimit: 1 });
  const olds = [1, 2, 3].map((n) => setOf(withSpec({ template: template(`old${n}`) }), 0, 0, n));
  const { steps } = planDeployment({
    deployment: changed,
    sets: [...olds, setOf(changed, 10, 10, 4)],
    pods: [],
    nowMs,
  });
  const deleted = steps.flatMap((step) => (step.do === 'delete' ? [step.set.metadata.annotations] : []));
  t.deepEqual(
    deleted.map((a) => a?.['deployment.kubernetes.io/revision']),
    ['1', '2'],
  );
  const written = steps.find((step) => step.do === 'writeStatus');
  t.like(
    written?.status.conditions?.find(({ type }) => type === 'Progressing'),
    { status: 'True', reason: 'NewReplicaSetAvailable' },
  );
});

test('planDeployment() gives an old ReplicaSet that is wanted again the next revision', (t) => {
  const back = setOf(base, 0, 0, 1);
  const changed = withSpec({ template: template('two') });
  const { steps } = planDeployment({ deployment: base, sets: [back, setOf(changed, 10, 10, 2)], pods: [], nowMs });
  const update = steps.find((step) => step.do === 'update');
  t.like(update?.set.metadata.annotations, {
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  });
});

test('planDeployment() calls a rollout that stands still too long stuck', (t) => {
  const at = (ms: number) => new Date(ms).toISOString();
  const deployment: Deployment = {
    ...base,
    status: {
      conditions: [
        {
          type: 'Progressing',
          status: 'True',
          reason: 'ReplicaSetUpdated',
          lastUpdateTime: at(nowMs - 601_000),
          lastTransitionTime: at(nowMs),
        },
      ],
      replicas: 10,
      updatedReplicas: 10,
    },
  };
  const { steps } = planDeployment({ deployment, sets: [setOf(base, 10, 0)], pods: [], nowMs });
  const written = steps.find((step) => step.do === 'writeStatus');
  t.like(
    written?.status.conditions?.find(({ type }) => type === 'Progressing'),
    { status: 'False', reason: 'ProgressDeadlineExceeded' },
  );
});

test('planDeployment() does not look again at a paused rollout for standing still', (t) => {
  const lastUpdateTime = new Date(nowMs - 601_000).toISOString();
  const conditions = [{ type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', lastUpdateTime }] as const;
  const status = { conditions, replicas: 10, updatedReplicas: 10 };
  const half = [setOf(base, 10, 5)];
  const againMs = (paused: boolean) =>
    planDeployment({ deployment: { ...withSpec({ paused }), status }, sets: half, pods: [], nowMs }).againMs;
  t.is(againMs(true), undefined);
  t.not(againMs(false), undefined);
});

function sizes(deployment: Deployment, sets: readonly ReplicaSet[]): readonly string[] {
  return planDeployment({ deployment, sets, pods: [], nowMs }).steps.flatMap((step) => {
    if (step.do === 'create') return [`create ${sizeOf(step.set)}`];
    return step.do === 'resize' && step.from !== sizeOf(step.set) ? [`resize ${step.from} to ${sizeOf(step.set)}`] : [];
  });
}

function setOf(deployment: Deployment, size: number, available: number, revision = 1): ReplicaSet {
  const made = makeNew(deployment);
  const set = withAnnotations(made, { 'deployment.kubernetes.io/revision': String(revision) });
  return {
    ...set,
    metadata: { ...set.metadata, uid: set.metadata.name, creationTimestamp: new Date(nowMs + revision).toISOString() },
    spec: { ...set.spec!, replicas: size },
    status: { replicas: size, readyReplicas: available, availableReplicas: available },
  };
}

function withSpec(spec: Partial<DeploymentSpec>): Deployment {
  return { ...base, spec: { ...base.spec!, ...spec } };
}

function template(image: string): DeploymentSpec['template'] {
  return { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } };
}

test('revisions may be 64 bits wide', (t) => {
  const set = { metadata: { name: 'x', annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' } } };
  t.is(revisionOf(set) + 1n, 3546343826724305833n);
  t.is(revisionOf({ metadata: { name: 'x', annotations: { 'deployment.kubernetes.io/revision': 'x' } } }), 0n);
});
