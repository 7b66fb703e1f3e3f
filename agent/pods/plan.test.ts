import test from 'ava';
import type { PodSpec } from '#lib/api/types/core.v1.ts';
import { allGood, exampleContainer, examplePod, nowMs, observing } from './example.ts';
import { nothingObserved, type Observed } from './observed.ts';
import { type PlanFacts, planPod, type Step } from './plan.ts';

type Sight = Parameters<typeof observing>[1];

/** Steps in one line each: what a person would say. */
function words(steps: readonly Step[]): readonly string[] {
  return steps.map((step) => {
    switch (step.do) {
      case 'createSandbox':
        return `createSandbox ${step.attempt}`;
      case 'startContainer':
        return `start ${step.name} ${step.attempt}`;
      case 'killContainer':
        return `kill ${step.id}`;
      case 'removeContainer':
        return `remove ${step.id}`;
      default:
        return step.do;
    }
  });
}

function planned(spec: Partial<PodSpec>, sight: Sight | Observed, rest: Partial<PlanFacts> = {}) {
  const pod = examplePod(spec);
  const observed = 'sandboxes' in sight ? sight : observing(pod, sight);
  return planPod({ pod, observed, probes: allGood, restarts: new Map(), nowMs, ...rest });
}

const plans = test.macro<[string, Partial<PodSpec>, Sight | Observed, readonly string[], Partial<PlanFacts>?]>({
  title: (_title, what) => `planPod() ${what}`,
  exec(t, _what, spec, sight, expected, rest) {
    t.deepEqual(words(planned(spec, sight, rest).steps), expected);
  },
});

const two = [exampleContainer('a'), exampleContainer('b')];
const init = [exampleContainer('i1'), exampleContainer('i2')];
const sidecar = exampleContainer('side', { restartPolicy: 'Always' });
const failed = { state: 'exited', exitCode: 1 } as const;
const done = { state: 'exited', exitCode: 0 } as const;

test('planPod() gives a probe its own grace period', (t) => {
  const containers = [exampleContainer('main', { livenessProbe: { terminationGracePeriodSeconds: 3 } })];
  const probes = { ...allGood, failed: () => 'liveness' as const };
  t.like(planned({ containers }, [{ of: 'main' }], { probes }).steps[0], { do: 'killContainer', graceSeconds: 3 });
  const [without] = planned({}, [{ of: 'main' }], { probes }).steps;
  t.false('graceSeconds' in without!);
});
test(plans, 'makes a new pod', {}, nothingObserved, ['createSandbox 0', 'start main 0']);
test(plans, 'starts all main containers', { containers: two }, nothingObserved, [
  'createSandbox 0',
  'start a 0',
  'start b 0',
]);
test(plans, 'leaves a running pod alone', {}, [{ of: 'main' }], []);
test(plans, 'starts what is missing', { containers: two }, [{ of: 'a' }], ['start b 0']);
test(plans, 'restarts a container that ended under Always', {}, [{ of: 'main', ...done }], ['start main 1']);
test(
  plans,
  'restarts one that failed under OnFailure',
  { restartPolicy: 'OnFailure' },
  [{ of: 'main', ...failed }],
  ['start main 1'],
);
test(
  plans,
  'leaves a completed container under OnFailure',
  { restartPolicy: 'OnFailure' },
  [{ of: 'main', ...done }],
  [],
);
test(plans, 'leaves a failed container under Never', { restartPolicy: 'Never' }, [{ of: 'main', ...failed }], []);
test(
  plans,
  'follows restartPolicyRules',
  {
    restartPolicy: 'Never',
    containers: [
      exampleContainer('main', {
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
      }),
    ],
  },
  [{ of: 'main', ...failed }],
  ['start main 1'],
);

test(plans, 'begins with the first init container', { initContainers: init }, nothingObserved, [
  'createSandbox 0',
  'start i1 0',
]);
test(plans, 'waits for an init container', { initContainers: init }, [{ of: 'i1' }], []);
test(plans, 'goes on to the next init container', { initContainers: init }, [{ of: 'i1', ...done }], ['start i2 0']);
test(
  plans,
  'starts main containers after init containers',
  { initContainers: init },
  [
    { of: 'i2', ...done },
    { of: 'i1', ...done },
  ],
  ['start main 0'],
);
test(plans, 'tries a failed init container again', { initContainers: init }, [{ of: 'i1', ...failed }], ['start i1 1']);
test(
  plans,
  'does nothing after a failed init container under Never',
  { initContainers: init, restartPolicy: 'Never' },
  [{ of: 'i1', ...failed }],
  [],
);
test(plans, 'does not run init containers again beside running ones', { initContainers: init }, [{ of: 'main' }], []);

test(plans, 'starts a sidecar before main containers', { initContainers: [sidecar] }, nothingObserved, [
  'createSandbox 0',
  'start side 0',
]);
test(
  plans,
  'starts main containers once the sidecar is started',
  { initContainers: [sidecar] },
  [{ of: 'side' }],
  ['start main 0'],
);
test(plans, 'waits for the startup probe of a sidecar', { initContainers: [sidecar] }, [{ of: 'side' }], [], {
  probes: { ...allGood, isStarted: () => false },
});
test(
  plans,
  'restarts a sidecar beside running containers, even under Never',
  { initContainers: [sidecar], restartPolicy: 'Never' },
  [{ of: 'main' }, { of: 'side', ...done }],
  ['start side 1'],
);

test(
  plans,
  'replaces a container whose image changed',
  { containers: [exampleContainer('main', { image: 'new' })] },
  observing(examplePod(), [{ of: 'main' }]),
  ['kill main0', 'start main 1'],
);
test(plans, 'kills a container that its liveness probe gave up', {}, [{ of: 'main' }], ['kill main0'], {
  probes: { ...allGood, failed: () => 'liveness' as const },
});
test(
  plans,
  'replaces a container that was created and never started',
  {},
  [{ of: 'main', state: 'created' }],
  ['kill main0', 'start main 1'],
);

test(
  plans,
  'makes a new sandbox when the old one ended',
  {},
  observing(examplePod(), [{ of: 'main', ...failed }], { isReady: false }),
  ['stopPod', 'createSandbox 1', 'start main 1'],
);
test(plans, 'makes a new sandbox when the old one has no address', {}, observing(examplePod(), [], { ips: [] }), [
  'stopPod',
  'createSandbox 1',
  'start main 0',
]);
test(
  plans,
  'needs no address on the host network',
  { hostNetwork: true },
  observing(examplePod(), [{ of: 'main' }], { ips: [] }),
  [],
);
test(
  plans,
  'needs no new sandbox when all is done',
  { restartPolicy: 'OnFailure' },
  observing(examplePod(), [{ of: 'main', ...done }], { isReady: false }),
  [],
);
test(
  plans,
  'runs init containers again in a new sandbox',
  { initContainers: init },
  observing(
    examplePod({ initContainers: init }),
    [
      { of: 'main', ...failed },
      { of: 'i2', ...done },
      { of: 'i1', ...done },
    ],
    { isReady: false },
  ),
  ['stopPod', 'createSandbox 1', 'start i1 1'],
);

test(
  plans,
  'starts ephemeral containers once',
  { ephemeralContainers: [exampleContainer('debug')] },
  [{ of: 'main' }],
  ['start debug 0'],
);
test(
  plans,
  'never restarts ephemeral containers',
  { ephemeralContainers: [exampleContainer('debug')] },
  [{ of: 'debug', ...failed }, { of: 'main' }],
  [],
);
test(
  plans,
  'keeps the newest container and the one before',
  {},
  [
    { of: 'main', attempt: 3 },
    { of: 'main', attempt: 2, ...failed },
    { of: 'main', attempt: 1, ...failed },
  ],
  ['remove main1'],
);

test('planPod() holds back a container that keeps ending', (t) => {
  const restarts = new Map([['main', { delayMs: 10_000, atMs: nowMs - 5_000 }]]);
  const plan = planned({}, [{ of: 'main', attempt: 1, ...failed }], { restarts });
  t.deepEqual(plan.steps, []);
  t.deepEqual(plan.waits, [{ name: 'main', waitMs: 9_000, delayMs: 10_000 }]);
});

test('planPod() starts it when the pause is over', (t) => {
  const restarts = new Map([['main', { delayMs: 1_000, atMs: nowMs - 5_000 }]]);
  t.deepEqual(words(planned({}, [{ of: 'main', attempt: 1, ...failed }], { restarts }).steps), ['start main 2']);
});

test('planPod() starts a container with another image at once, whatever pause the one before had', (t) => {
  const restarts = new Map([['main', { delayMs: 300_000, atMs: nowMs - 5_000, hash: 'of another image' }]]);
  t.deepEqual(words(planned({}, [{ of: 'main', attempt: 7, ...failed }], { restarts }).steps), ['start main 8']);
});

const half = { requests: { cpu: '500m' }, limits: { cpu: '500m' } };
const whole = { requests: { cpu: '1' }, limits: { cpu: '1' } };

test('planPod() gives a running container what it was granted', (t) => {
  const pod = examplePod({ containers: [exampleContainer('main', { resources: whole })] });
  const observed = observing(pod, [{ of: 'main' }]);
  const plan = (actuated: ReadonlyMap<string, object>) =>
    planPod({ pod, observed, probes: allGood, restarts: new Map(), actuated, nowMs }).steps;
  t.deepEqual(plan(new Map([['main0', half]])), [{ do: 'resizeContainer', id: 'main0', name: 'main' }]);
  t.deepEqual(plan(new Map([['main0', whole]])), []);
  t.deepEqual(plan(new Map()), []);
});

test('planPod() restarts a container that cannot be resized while it runs', (t) => {
  const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
  const pod = examplePod({ containers: [exampleContainer('main', { resources: whole, resizePolicy })] });
  const observed = observing(pod, [{ of: 'main' }]);
  const actuated = new Map([['main0', half]]);
  const { steps } = planPod({ pod, observed, probes: allGood, restarts: new Map(), actuated, nowMs });
  t.deepEqual(steps, [
    {
      do: 'killContainer',
      id: 'main0',
      name: 'main',
      message: 'Container main resize requires restart, will be restarted',
    },
    { do: 'startContainer', name: 'main', kind: 'main', attempt: 1 },
  ]);
});

test('planPod() resizes the pod as a whole after its containers', (t) => {
  const pod = examplePod({ containers: [exampleContainer('main', { resources: whole })], resources: whole });
  const observed = observing(pod, [{ of: 'main' }]);
  const plan = (actuated: ReadonlyMap<string, object>) =>
    words(planPod({ pod, observed, probes: allGood, restarts: new Map(), actuated, nowMs }).steps);
  const both = [
    ['', half],
    ['main0', half],
  ] as const;
  t.deepEqual(plan(new Map(both)), ['resizeContainer', 'resizePod']);
  t.deepEqual(plan(new Map([['', whole]])), []);
});

const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } } as const;
const boss = exampleContainer('boss', { restartPolicy: 'Never', restartPolicyRules: [rule] });
const ended88 = { of: 'boss', state: 'exited', exitCode: 88 } as const;
const crew: Partial<PodSpec> = {
  restartPolicy: 'Never',
  initContainers: [exampleContainer('i1')],
  containers: [boss, exampleContainer('b'), exampleContainer('c')],
};
const later = { createdAtMs: nowMs - 500 };
test(
  plans,
  'ends all that runs where one ended as a rule says, and begins with the first init container',
  crew,
  [ended88, { of: 'b' }, { of: 'c', ...done }, { of: 'i1', ...done }],
  ['kill b0', 'start i1 1'],
);
test(
  plans,
  'starts the others once the init container is through again',
  crew,
  [{ of: 'i1', attempt: 1, ...later, ...done }, ended88, { of: 'b', ...failed }, { of: 'c', ...done }],
  ['start boss 1', 'start b 1', 'start c 1'],
);
test(
  plans,
  'leaves alone what came after all began anew',
  crew,
  [
    { of: 'b', attempt: 1, ...later },
    { of: 'boss', attempt: 1, ...later, ...done },
    { of: 'c', attempt: 1, ...later, ...failed },
    { of: 'i1', attempt: 1, ...later, ...done },
    ended88,
  ],
  [],
);
test(
  plans,
  'begins nothing anew for another exit code',
  crew,
  [{ of: 'boss', ...failed }, { of: 'b' }, { of: 'c', ...done }, { of: 'i1', ...done }],
  [],
);
