import test from 'ava';
import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import type { StorageClass } from '#lib/api/types/storage.v1.ts';
import { type ClaimFacts, planClaim } from './plan-claim.ts';
import { planVolume } from './plan-volume.ts';

type Spec<T extends { spec: unknown }> = Partial<T['spec']>;
const claim = (
  spec: Spec<PersistentVolumeClaim> = {},
  annotations: Record<string, string> = {},
): PersistentVolumeClaim =>
  ({
    metadata: { name: 'c', namespace: 'a', uid: 'c-uid', annotations },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      ...spec,
    },
    status: { phase: 'Pending' },
  }) as PersistentVolumeClaim;
const volume = (name: string, spec: Spec<PersistentVolume> = {}, rest: object = {}): PersistentVolume =>
  ({
    metadata: { name, uid: name, labels: { size: name } },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, ...spec },
    status: { phase: 'Available' },
    ...rest,
  }) as PersistentVolume;
const facts = (
  one: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[] = [],
  classes: readonly object[] = [],
): ClaimFacts => ({
  claim: one,
  volumes,
  volumeNamed: (name) => volumes.find(({ metadata }) => metadata.name === name),
  classNamed: (name) =>
    classes.find((each) => (each as StorageClass).metadata.name === name) as StorageClass | undefined,
  waitingPods: [],
});
const ours = { kind: 'PersistentVolumeClaim', namespace: 'a', name: 'c', uid: 'c-uid' };

const binds = test.macro<[ClaimFacts, string | undefined]>((t, all, name) => {
  const step = planClaim(all);
  t.is(step.do === 'bind' ? step.volume.metadata.name : undefined, name);
});
test(
  'planClaim() takes the smallest that fits',
  binds,
  facts(claim(), [
    volume('big', { capacity: { storage: '9Gi' } }),
    volume('fit', { capacity: { storage: '2Gi' } }),
    volume('small', { capacity: { storage: '1Mi' } }),
  ]),
  'fit',
);
test('planClaim() keeps to the class', binds, facts(claim({ storageClassName: 'x' }), [volume('a')]), undefined);
test(
  'planClaim() keeps to the access modes',
  binds,
  facts(claim({ accessModes: ['ReadWriteMany'] }), [volume('a')]),
  undefined,
);
test('planClaim() keeps to the mode', binds, facts(claim({ volumeMode: 'Block' }), [volume('a')]), undefined);
test(
  'planClaim() keeps to the selector',
  binds,
  facts(claim({ selector: { matchLabels: { size: 'b' } } }), [volume('a'), volume('b')]),
  'b',
);
test(
  "planClaim() takes no other claim's",
  binds,
  facts(claim(), [volume('a', { claimRef: { ...ours, name: 'd' } })]),
  undefined,
);
test(
  'planClaim() takes what was meant for it, whatever its class',
  binds,
  facts(claim(), [
    volume('a'),
    volume('b', { claimRef: { namespace: 'a', name: 'c' }, storageClassName: 'y', capacity: { storage: '5Gi' } }),
  ]),
  'b',
);
test(
  'planClaim() takes nothing that goes or is not available',
  binds,
  facts(claim(), [volume('a', {}, { status: { phase: 'Released' } })]),
  undefined,
);
test(
  'planClaim() takes the volume that it names',
  binds,
  facts(claim({ volumeName: 'b' }), [volume('a'), volume('b')]),
  'b',
);
test(
  'planClaim() waits for a consumer',
  binds,
  facts(
    claim({ storageClassName: 'w' }),
    [volume('a', { storageClassName: 'w' })],
    [
      {
        metadata: { name: 'w' },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
    ],
  ),
  undefined,
);
test(
  'planClaim() stays bound',
  binds,
  facts(claim({ volumeName: 'a' }, { 'pv.kubernetes.io/bind-completed': 'yes' }), [volume('a', { claimRef: ours })]),
  'a',
);

const tells = test.macro<[ClaimFacts, string, string]>((t, all, reason, message) => {
  t.like(planClaim(all), { tell: { reason, message } });
});
test(
  'planClaim() says that nothing is there',
  tells,
  facts(claim()),
  'FailedBinding',
  'no persistent volumes available for this claim and no storage class is set',
);
test(
  'planClaim() says that the class is not there',
  tells,
  facts(claim({ storageClassName: 'x' })),
  'ProvisioningFailed',
  'storageclass.storage.k8s.io "x" not found',
);
test(
  'planClaim() says why the named volume does not fit',
  tells,
  facts(claim({ volumeName: 'a' }), [volume('a', { capacity: { storage: '1' } })]),
  'VolumeMismatch',
  'Cannot bind to requested volume "a": requested PV is too small',
);
test(
  'planClaim() does not take a named volume of another class',
  tells,
  facts(claim({ volumeName: 'a' }), [volume('a', { storageClassName: 'x' })]),
  'VolumeMismatch',
  'Cannot bind to requested volume "a": storageClassName does not match',
);
test(
  'planClaim() does not take a named volume that is going',
  tells,
  facts(claim({ volumeName: 'a' }), [volume('a', {}, { metadata: { name: 'a', deletionTimestamp: '2026-01-01' } })]),
  'VolumeMismatch',
  'Cannot bind to requested volume "a": the volume is marked for deletion "a"',
);
test(
  'planClaim() says that its volume is lost',
  tells,
  facts(claim({ volumeName: 'a' }, { 'pv.kubernetes.io/bind-completed': 'yes' })),
  'ClaimLost',
  'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
);

test('planClaim() asks the provisioner of the class', (t) => {
  const step = planClaim(
    facts(
      claim({ storageClassName: 'x' }),
      [],
      [{ metadata: { name: 'x' }, provisioner: 'example.com/disk', volumeBindingMode: 'Immediate' }],
    ),
  );
  t.like(step, { do: 'provision', provisioner: 'example.com/disk' });
});

test('planVolume() follows its claim', (t) => {
  t.deepEqual(planVolume(volume('a'), undefined), { do: 'phase', phase: 'Available' });
  t.deepEqual(planVolume(volume('a', { claimRef: { namespace: 'a', name: 'c' } }), undefined), {
    do: 'phase',
    phase: 'Available',
  });
  t.deepEqual(planVolume(volume('a', { claimRef: ours }), claim()), { do: 'leave-to-claim' });
  t.deepEqual(planVolume(volume('a', { claimRef: ours }), claim({ volumeName: 'a' })), { do: 'phase', phase: 'Bound' });
  t.deepEqual(planVolume(volume('a', { claimRef: ours }), claim({ volumeName: 'b' })), { do: 'untie' });
  t.deepEqual(planVolume(volume('a', { claimRef: ours }), undefined), { do: 'release', reclaim: 'keep' });
  t.deepEqual(planVolume(volume('a', { claimRef: ours, persistentVolumeReclaimPolicy: 'Delete' }), undefined), {
    do: 'release',
    reclaim: 'delete',
  });
});
