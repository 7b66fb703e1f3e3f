import test from 'ava';
import type { Container } from '#cri/runtime.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { chooseLog } from './choose-log.ts';

const running = { id: 'new', state: 'running' } as Container;
const ended = { id: 'new', state: 'exited' } as Container;
const old = { id: 'old', state: 'exited' } as Container;

function podWith(state: object): Pod {
  return {
    metadata: { name: 'web-0' },
    spec: {},
    status: { containerStatuses: [{ name: 'main', state }] },
  } as unknown as Pod;
}

const chooses = test.macro<[object, readonly Container[], boolean, string]>({
  title: (title) => `chooseLog() ${title}`,
  exec(t, state, containers, previous, expected) {
    const choose = () => chooseLog(podWith(state), 'main', containers, previous).id;
    if (expected.includes(' ')) t.throws(choose, { message: expected });
    else t.is(choose(), expected);
  },
});
test('takes the one that runs', chooses, { running: {} }, [running, old], false, 'new');
test('takes the one before', chooses, { running: {} }, [running, old], true, 'old');
test('takes the one that ended last while the next is awaited', chooses, { waiting: {} }, [ended, old], false, 'new');
test(
  'counts that one as previous then',
  chooses,
  { waiting: { reason: 'CrashLoopBackOff' } },
  [ended, old],
  true,
  'new',
);
test('does not if no next one comes', chooses, { terminated: {} }, [ended, old], true, 'old');
test(
  'says that there is no previous one',
  chooses,
  { running: {} },
  [running],
  true,
  'previous terminated container "main" in pod "web-0" not found',
);
test(
  'says what is waited for',
  chooses,
  { waiting: { reason: 'ContainerCreating' } },
  [],
  false,
  'container "main" in pod "web-0" is waiting to start: ContainerCreating',
);
test(
  'says that the image is not to be had',
  chooses,
  { waiting: { reason: 'ImagePullBackOff' } },
  [],
  false,
  'container "main" in pod "web-0" is waiting to start: trying and failing to pull image',
);
