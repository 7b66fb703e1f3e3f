import test from 'ava';
import type { PodSpec, PodStatus } from '#lib/api/types/core.v1.ts';
import { allGood, exampleContainer, examplePod, nowMs, observing } from './example.ts';
import { nothingObserved, type Observed } from './observed.ts';
import { outcomeOf, type StatusFacts, statusOf } from './status.ts';

type Sight = Parameters<typeof observing>[1];

function status(spec: Partial<PodSpec>, sight: Sight | Observed, rest: Partial<StatusFacts> = {}): PodStatus {
  const pod = examplePod(spec);
  const observed = 'sandboxes' in sight ? sight : observing(pod, sight);
  const facts = { waiting: new Map(), stage: 'syncing', before: {}, hostIPs: ['10.0.0.1'] } as const;
  return statusOf({ pod, observed, probes: allGood, ...facts, seenAtMs: nowMs, nowMs, ...rest });
}

/** `Ready=False/ContainersNotReady` and so on. */
function shown({ conditions = [] }: PodStatus): readonly string[] {
  return conditions.map(({ type, status: is, reason }) => `${type}=${is}${reason ? `/${reason}` : ''}`);
}

const phases = test.macro<[string, string, Partial<PodSpec>, Sight | Observed, Partial<StatusFacts>?]>({
  title: (_title, phase, when) => `statusOf() says ${phase} ${when}`,
  exec: (t, phase, _when, spec, sight, rest) => t.is(status(spec, sight, rest).phase, phase as never),
});
const failed = { state: 'exited', exitCode: 1 } as const;
const done = { state: 'exited', exitCode: 0 } as const;
const two = [exampleContainer('a'), exampleContainer('b')];
const init = [exampleContainer('init')];

test(phases, 'Pending', 'before anything is there', {}, nothingObserved);
test(phases, 'Pending', 'while init containers run', { initContainers: init }, [{ of: 'init' }]);
test(phases, 'Pending', 'while a failed init container is tried again', { initContainers: init }, [
  { of: 'init', ...failed },
]);
test(phases, 'Failed', 'after a failed init container under Never', { initContainers: init, restartPolicy: 'Never' }, [
  { of: 'init', ...failed },
]);
test(phases, 'Pending', 'while one of two has never started', { containers: two }, [{ of: 'a' }]);
test(phases, 'Running', 'with a running container', {}, [{ of: 'main' }]);
test(phases, 'Running', 'while an ended container is about to start again', {}, [{ of: 'main', ...failed }]);
test(phases, 'Running', 'with one running and one done', { containers: two, restartPolicy: 'Never' }, [
  { of: 'a' },
  { of: 'b', ...failed },
]);
test(phases, 'Succeeded', 'when all are done', { restartPolicy: 'OnFailure' }, [{ of: 'main', ...done }]);
test(phases, 'Failed', 'when one failed under Never', { containers: two, restartPolicy: 'Never' }, [
  { of: 'a', ...done },
  { of: 'b', ...failed },
]);
test(phases, 'Succeeded', 'when all ended well because the pod ends', {}, [{ of: 'main', ...done }], {
  stage: 'terminated',
});
test(phases, 'Failed', 'when one ended badly because the pod ends', {}, [{ of: 'main', ...failed }], {
  stage: 'terminated',
});
const failure = { reason: 'Terminated', message: 'm', isDisruption: true };
test(phases, 'Failed', 'when it had to fail, and has ended', {}, [{ of: 'main', ...done }], {
  failure,
  stage: 'terminated',
});
test(phases, 'Running', 'when it has to fail, and still ends', {}, [{ of: 'main' }], { failure, stage: 'terminating' });
test('statusOf() says at once that the node ends a pod, and why it failed once it has', (t) => {
  const ending = status({}, [{ of: 'main' }], { failure, stage: 'terminating' });
  t.is(ending.reason, undefined);
  const target = ending.conditions?.find(({ type }) => type === 'DisruptionTarget');
  t.like(target, { status: 'True', reason: 'TerminationByKubelet', message: 'm' });
  const ended = status({}, [{ of: 'main', ...done }], { failure, stage: 'terminated' });
  t.like(ended, { phase: 'Failed', reason: 'Terminated', message: 'm' });
});
test(phases, 'Succeeded', 'for ever, once it was said', {}, nothingObserved, { before: { phase: 'Succeeded' } });

test('statusOf() tells of a running pod', (t) => {
  const now = status({}, [{ of: 'main' }]);
  t.is(now.podIP, '10.244.0.5');
  t.is(now.hostIP, '10.0.0.1');
  t.is(now.startTime, '2026-01-01T00:00:00Z');
  t.is(now.observedGeneration, 1);
  t.deepEqual(shown(now), [
    'PodReadyToStartContainers=True',
    'Initialized=True',
    'Ready=True',
    'ContainersReady=True',
    'PodScheduled=True',
  ]);
  const [main] = now.containerStatuses!;
  t.like(main, { ready: true, started: true, restartCount: 0, imageID: 'sha256:1', containerID: 'containerd://main0' });
  t.deepEqual(main?.state, { running: { startedAt: '2025-12-31T23:59:10Z' } });
});

test('statusOf() tells of a pod that begins', (t) => {
  const now = status({ initContainers: init }, nothingObserved);
  t.deepEqual(shown(now), [
    'PodReadyToStartContainers=False',
    'Initialized=False/ContainersNotInitialized',
    'Ready=False/ContainersNotReady',
    'ContainersReady=False/ContainersNotReady',
    'PodScheduled=True',
  ]);
  t.is(now.initContainerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing');
  t.is(now.containerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing');
  t.is(now.podIP, undefined);
});

test('statusOf() tells why a container waits, and how it ended before', (t) => {
  const waiting = new Map([['main', { reason: 'CrashLoopBackOff', message: 'back-off' } as const]]);
  const [main] = status({}, [{ of: 'main', attempt: 2, ...failed, message: 'last words' }], { waiting })
    .containerStatuses!;
  t.deepEqual(main?.state, { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } });
  t.like(main?.lastState?.terminated, {
    exitCode: 1,
    reason: 'Error',
    message: 'last words',
    containerID: 'containerd://main2',
  });
  t.is(main?.restartCount, 2);
  t.false(main?.ready);
});

test('statusOf() tells of the container before the running one', (t) => {
  const [main] = status({}, [
    { of: 'main', attempt: 1 },
    { of: 'main', ...failed, reason: 'OOMKilled' },
  ]).containerStatuses!;
  t.truthy(main?.state?.running);
  t.is(main?.lastState?.terminated?.reason, 'OOMKilled');
});

test('statusOf() tells that an image cannot be had', (t) => {
  const waiting = new Map([['main', { reason: 'ErrImagePull', message: 'no such host' } as const]]);
  const [main] = status({}, [], { waiting }).containerStatuses!;
  t.deepEqual(main?.state, { waiting: { reason: 'ErrImagePull', message: 'no such host' } });
});

test('statusOf() follows probes', (t) => {
  const now = status({}, [{ of: 'main' }], { probes: { ...allGood, isReady: () => false } });
  t.like(now.containerStatuses?.[0], { ready: false, started: true });
  t.is(now.conditions?.find(({ type }) => type === 'Ready')?.message, 'containers with unready status: [main]');
});

test('statusOf() keeps the time of a transition, and the conditions of others', (t) => {
  const before: PodStatus = {
    conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z' },
      { type: 'example.com/gate', status: 'False' },
    ],
  };
  const gated = status({ readinessGates: [{ conditionType: 'example.com/gate' }] }, [{ of: 'main' }], { before });
  t.is(gated.conditions?.find(({ type }) => type === 'Ready')?.reason, 'ReadinessGatesNotReady');
  t.deepEqual(gated.conditions?.at(-1), { type: 'example.com/gate', status: 'False' });
  const open = status({}, [{ of: 'main' }], { before });
  t.is(open.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime, '2020-01-01T00:00:00Z');
});

test('statusOf() tells of the end of a pod that succeeded', (t) => {
  const now = status({ restartPolicy: 'Never' }, [{ of: 'main', ...done }]);
  t.deepEqual(shown(now).slice(1, 4), [
    'Initialized=True/PodCompleted',
    'Ready=False/PodCompleted',
    'ContainersReady=False/PodCompleted',
  ]);
  t.is(now.containerStatuses?.[0]?.state?.terminated?.reason, 'Completed');
});

test('statusOf() does not lose a container that the runtime lost', (t) => {
  const before: PodStatus = {
    containerStatuses: [
      {
        name: 'main',
        state: { running: {} },
        ready: true,
        restartCount: 1,
        image: 'i',
        imageID: '',
        containerID: 'containerd://x',
      },
    ],
  };
  const [main] = status({}, nothingObserved, { before, stage: 'terminated' }).containerStatuses!;
  t.like(main?.state?.terminated, { exitCode: 137, reason: 'ContainerStatusUnknown' });
});

test('statusOf() gives pods on the host network its address', (t) => {
  t.is(status({ hostNetwork: true }, [{ of: 'main' }]).podIP, '10.0.0.1');
});

test('outcomeOf() lets a pod be over whose sidecar still runs, and tells of its end only when that has ended', (t) => {
  const pod = examplePod({
    restartPolicy: 'Never',
    initContainers: [exampleContainer('side', { restartPolicy: 'Always' })],
  });
  const facts = { pod, probes: allGood, waiting: new Map(), hostIPs: [], seenAtMs: nowMs, nowMs } as const;
  const before = { phase: 'Running' } as const;
  const live = observing(pod, [{ of: 'main', ...done }, { of: 'side' }]);
  const now = outcomeOf({ ...facts, observed: live, stage: 'syncing', before });
  t.true(now.isOver);
  t.is(now.status.phase, 'Running');
  t.true(shown(now.status).includes('Ready=False/PodCompleted'));
  t.is(outcomeOf({ ...facts, observed: live, stage: 'terminating', before }).status.phase, 'Running');
  const ended = observing(pod, [
    { of: 'main', ...done },
    { of: 'side', ...failed },
  ]);
  t.is(outcomeOf({ ...facts, observed: ended, stage: 'terminated', before }).status.phase, 'Succeeded');
});

test('statusOf() says while all containers end to begin anew, of pods in which one can bring that about', (t) => {
  const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } } as const;
  const boss = exampleContainer('boss', { restartPolicy: 'Never', restartPolicyRules: [rule] });
  const crew = { restartPolicy: 'Never', containers: [boss, exampleContainer('b')] } as const;
  const said = (sight: Sight, spec: Partial<PodSpec> = crew) => {
    const found = status(spec, sight).conditions?.find(({ type }) => type === 'AllContainersRestarting');
    return found && [found.status, found.reason, found.message];
  };
  const ended = { of: 'boss', state: 'exited', exitCode: 88 } as const;
  t.deepEqual(said([{ of: 'boss' }, { of: 'b' }]), ['False', undefined, undefined]);
  const words = 'container exited with restart policy rule';
  t.deepEqual(said([ended, { of: 'b' }]), ['True', 'RestartAllContainersStarted', words]);
  const later = { createdAtMs: nowMs - 500, attempt: 1 };
  const begun = said([{ of: 'boss', ...later }, ended, { of: 'b', ...failed }]);
  t.deepEqual(begun, ['False', undefined, undefined]);
  t.deepEqual(
    said([
      { of: 'boss', ...done },
      { of: 'b', ...done },
    ]),
    ['False', 'PodCompleted', undefined],
  );
  t.deepEqual(
    said([
      { of: 'boss', ...failed },
      { of: 'b', ...done },
    ]),
    ['False', 'PodFailed', undefined],
  );
  t.is(said([{ of: 'main' }], {}), undefined);
});
