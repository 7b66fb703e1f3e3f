import type { ExecutionContext } from 'ava';
import type { ContainerConfig, SandboxConfig } from './config.ts';
import type { Cri, RuntimeEvent } from './runtime.ts';

/** What a test needs of the runtime under test. */
export interface Subject {
  readonly cri: Cri;
  /** An image that is present and has `sh`. */
  readonly image: string;
  /** Makes /tmp/end in a running container, whose process waits for that (`untilEnd`), and settles when it has ended by itself. */
  waitForExit(containerId: string): Promise<void>;
  /** What it tells of a container that is made, started and ends. One that tells of ends alone does not say whose. */
  readonly tells: readonly RuntimeEvent['type'][];
}

/** Every implementation of the port passes this. */
export function criSuite(
  test: (title: string, run: (t: ExecutionContext) => Promise<void>) => void,
  name: string,
  open: () => Promise<Subject>,
): void {
  const { signal } = new AbortController(); // each call has a deadline
  let attempts = 0;

  async function startOne(t: ExecutionContext, script: string) {
    const { cri, image } = await open();
    const uid = `uid-${++attempts}`;
    const sandbox = sandboxConfig(uid);
    const sandboxId = await cri.runtime.runSandbox(sandbox, '', signal);
    t.teardown(async () => {
      await cri.runtime.stopSandbox(sandboxId, signal);
      await cri.runtime.removeSandbox(sandboxId, signal);
    });
    const id = await cri.runtime.createContainer(sandboxId, containerConfig(uid, image, script), sandbox, signal);
    return { runtime: cri.runtime, uid, sandbox, sandboxId, id };
  }

  test(`${name}: version() and status() tell of a ready runtime`, async (t) => {
    const { cri } = await open();
    t.not((await cri.runtime.version(signal)).version, '');
    const { conditions } = await cri.runtime.status(signal);
    t.deepEqual(
      conditions
        .filter(({ status, type }) => status && type.endsWith('Ready')) // it may tell more of itself
        .map(({ type }) => type)
        .sort(),
      ['NetworkReady', 'RuntimeReady'],
    );
  });

  test(`${name}: an image is viewed for a key until that is closed`, async (t) => {
    const { cri, image } = await open();
    const { id } = (await cri.images.imageStatus(image, signal))!;
    const mounts = await cri.views.open('suite/view', id, signal);
    t.true(mounts.length > 0);
    t.true(mounts.every(({ source }) => source !== ''));
    t.deepEqual(await cri.views.open('suite/view', id, signal), mounts);
    await t.throwsAsync(cri.views.open('suite/none', 'none.test/none:1', signal), { name: 'ReasonError' });
    await cri.views.close('suite/view', signal);
    await cri.views.close('suite/view', signal);
  });

  test(`${name}: cgroupDriver() is one of two`, async (t) => {
    const { cri } = await open();
    t.true(['systemd', 'cgroupfs'].includes((await cri.runtime.cgroupDriver(signal)) ?? 'none'));
  });

  test(`${name}: a sandbox is ready, has an address and what it was made with, until it is stopped and removed`, async (t) => {
    const { cri } = await open();
    const uid = `uid-${++attempts}`;
    const id = await cri.runtime.runSandbox(sandboxConfig(uid), '', signal);
    const status = await cri.runtime.sandboxStatus(id, signal);
    t.true(status.isReady);
    t.regex(status.ips[0] ?? '', /^10\.244\./);
    t.is(status.uid, uid);
    t.true(status.createdAtMs > Date.UTC(2020));
    const [listed] = await cri.runtime.listSandboxes({ labels: { uid } }, signal);
    t.is(listed?.id, id);
    t.is(listed?.annotations['a'], 'b');

    await cri.runtime.stopSandbox(id, signal);
    await cri.runtime.stopSandbox(id, signal);
    t.false((await cri.runtime.sandboxStatus(id, signal)).isReady);
    await cri.runtime.removeSandbox(id, signal);
    await cri.runtime.removeSandbox(id, signal);
    t.deepEqual(await cri.runtime.listSandboxes({ id }, signal), []);
    await t.throwsAsync(cri.runtime.sandboxStatus(id, signal), { message: /NotFound/ });
  });

  test(`${name}: a container is created, runs, and ends with its exit code`, async (t) => {
    const { runtime, id, uid, sandboxId } = await startOne(t, `${untilEnd}; exit 7`);
    t.is((await runtime.containerStatus(id, signal)).state, 'created');
    await runtime.startContainer(id, signal);
    const running = await runtime.containerStatus(id, signal);
    t.is(running.state, 'running');
    t.true(running.startedAtMs >= running.createdAtMs);
    t.is(running.logPath, `/tmp/skiff-suite/${uid}/main/0.log`);
    const listed = await runtime.listContainers({ sandboxId }, signal);
    t.deepEqual(
      listed.map((found) => [found.id, found.name, found.attempt, found.state]),
      [[id, 'main', 0, 'running']],
    );

    await (await open()).waitForExit(id);
    const ended = await runtime.containerStatus(id, signal);
    t.is(ended.state, 'exited');
    t.is(ended.exitCode, 7);
    t.is(ended.reason, 'Error');
    t.true(ended.finishedAtMs >= ended.startedAtMs);
    await t.throwsAsync(runtime.startContainer(id, signal));
  });

  test(`${name}: stopping and removing a container may be repeated`, async (t) => {
    const { runtime, id } = await startOne(t, 'trap "exit 0" TERM; sleep 600 & wait');
    await runtime.startContainer(id, signal);
    await runtime.stopContainer(id, 1, signal);
    await runtime.stopContainer(id, 1, signal);
    t.is((await runtime.containerStatus(id, signal)).state, 'exited');
    await runtime.removeContainer(id, signal);
    await runtime.removeContainer(id, signal);
    await t.throwsAsync(runtime.containerStatus(id, signal), { message: /NotFound/ });
  });

  test(`${name}: stopping a sandbox kills what runs in it`, async (t) => {
    const { runtime, id, sandboxId } = await startOne(t, 'sleep 600');
    await runtime.startContainer(id, signal);
    await runtime.stopSandbox(sandboxId, signal);
    const { state, exitCode } = await runtime.containerStatus(id, signal);
    t.is(state, 'exited');
    t.is(exitCode, 137);
  });

  test(`${name}: execSync() runs in a running container only`, async (t) => {
    const { runtime, id } = await startOne(t, 'sleep 600');
    await t.throwsAsync(runtime.execSync(id, ['true'], 5, signal));
    await runtime.startContainer(id, signal);
    t.is((await runtime.execSync(id, ['true'], 5, signal)).exitCode, 0);
  });

  test(`${name}: what is unknown is NotFound, and an absent image is undefined`, async (t) => {
    const { cri } = await open();
    await t.throwsAsync(cri.runtime.containerStatus('nothing', signal), { message: /NotFound/ });
    await t.throwsAsync(cri.runtime.startContainer('nothing', signal), { message: /NotFound/ });
    await cri.runtime.removeContainer('nothing', signal);
    await cri.runtime.stopSandbox('nothing', signal);
    t.is(await cri.images.imageStatus('skiff.test/absent:1', signal), undefined);
  });

  test(`${name}: an image that is present is listed`, async (t) => {
    const { cri, image } = await open();
    const found = await cri.images.imageStatus(image, signal);
    t.true(found?.repoTags.includes(image));
    t.true((await cri.images.list(signal)).some(({ id }) => id === found?.id));
    t.true((await cri.images.fsInfo(signal)).length > 0);
  });

  test(`${name}: events tell of a container's life, or the runtime says that it has none`, async (t) => {
    const { cri, tells, waitForExit } = await open();
    if (tells.length === 0) {
      await t.throwsAsync(
        async () => {
          for await (const _ of cri.runtime.events(signal)) break;
        },
        { message: /Unimplemented/ },
      );
      return;
    }
    const stop = new AbortController();
    const seen: string[] = [];
    let bell = Promise.withResolvers<void>();
    const watching = (async () => {
      for await (const { type, containerId, podUid } of cri.runtime.events(stop.signal)) {
        seen.push(`${podUid} ${containerId} ${type}`);
        bell.resolve();
        bell = Promise.withResolvers();
      }
    })();
    const { runtime, id, uid } = await startOne(t, `${untilEnd}; exit 3`);
    await runtime.startContainer(id, signal);
    await waitForExit(id);
    const wanted = tells.map((type) => `${tells.length > 1 ? uid : ''} ${id} ${type}`);
    while (!seen.includes(wanted.at(-1)!)) await bell.promise;
    stop.abort();
    await watching;
    const own = seen.filter((line) => line.includes(` ${id} `));
    t.deepEqual(own, wanted);
  });
}

const untilEnd = 'until test -e /tmp/end; do sleep 0.05; done';

export function sandboxConfig(uid: string): SandboxConfig {
  return {
    metadata: { name: `pod-${uid}`, namespace: 'default', uid, attempt: 0 },
    hostname: 'pod',
    logDirectory: `/tmp/skiff-suite/${uid}`,
    portMappings: [],
    labels: { uid },
    annotations: { a: 'b' },
    linux: {
      cgroupParent: '/skiff-suite',
      sysctls: {},
      securityContext: {
        namespaceOptions: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
        privileged: false,
        supplementalGroups: [],
        seccomp: { profileType: 'RuntimeDefault' },
      },
    },
  };
}

export function containerConfig(uid: string, image: string, script: string): ContainerConfig {
  return {
    metadata: { name: 'main', attempt: 0 },
    image: { image },
    command: ['sh', '-c', script],
    args: [],
    workingDir: '',
    envs: [],
    mounts: [],
    devices: [],
    labels: { uid },
    annotations: {},
    logPath: 'main/0.log',
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: {
      resources: {},
      securityContext: {
        privileged: false,
        namespaceOptions: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
        readonlyRootfs: false,
        supplementalGroups: [],
        noNewPrivs: false,
        maskedPaths: [],
        readonlyPaths: [],
        seccomp: { profileType: 'RuntimeDefault' },
      },
    },
  };
}
