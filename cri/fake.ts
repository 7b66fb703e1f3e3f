import { ReasonError } from '#lib/errors.ts';
import type { ContainerConfig, SandboxConfig } from './config.ts';
import type { Container, ContainerStatus, Cri, Filter, Image, Images, Runtime, Sandbox } from './runtime.ts';

/**
 * A runtime in memory that keeps a true model: ids, states, times and refusals are those of a real one.
 * No process runs: a test ends containers by `exit`.
 */
export interface FakeCri extends Cri {
  /** Ends a running container, as its process would. Of one that has ended, only why is told anew. */
  exit(containerId: string, exitCode: number, reason?: string): void;
  /** Puts an image where pulling would. */
  addImage(name: string, image?: Partial<Image>): void;
  /** Names that a registry has: pulling anything else fails. */
  readonly registry: Set<string>;
  /** The next call of `method` fails with `error`. */
  failNext(method: keyof Runtime | keyof Images, error: Error): void;
  /** What execSync answers; exit code 0 and no output unless told. */
  onExec(answer: (containerId: string, command: readonly string[]) => { exitCode: number; stdout?: string }): void;
  /** Methods called so far, with the id or name concerned. */
  readonly calls: readonly string[];
}

interface FakeSandbox {
  readonly id: string;
  readonly config: SandboxConfig;
  readonly runtimeHandler: string;
  readonly createdAtMs: number;
  readonly ip: string;
  isReady: boolean;
}

interface FakeContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  status: Pick<ContainerStatus, 'state' | 'startedAtMs' | 'finishedAtMs' | 'exitCode' | 'reason'>;
  readonly createdAtMs: number;
}

export function createFakeCri({ now }: { now(): number }): FakeCri {
  const sandboxes = new Map<string, FakeSandbox>();
  const containers = new Map<string, FakeContainer>();
  const images = new Map<string, Image>();
  const registry = new Set<string>();
  const failures = new Map<string, Error>();
  const calls: string[] = [];
  let made = 0;
  let answer: Parameters<FakeCri['onExec']>[0] = () => ({ exitCode: 0 });

  function enter(method: keyof Runtime | keyof Images, about: string, signal: AbortSignal): void {
    signal.throwIfAborted();
    calls.push(`${method} ${about}`);
    const error = failures.get(method);
    if (error === undefined) return;
    failures.delete(method);
    throw error;
  }

  function containerOf(id: string): FakeContainer {
    return containers.get(id) ?? refuse('NotFound', `an error occurred when try to find container "${id}": not found`);
  }

  function sandboxOf(id: string): FakeSandbox {
    return sandboxes.get(id) ?? refuse('NotFound', `an error occurred when try to find sandbox "${id}": not found`);
  }

  function end(container: FakeContainer, exitCode: number, reason: string): void {
    if (container.status.state !== 'running') return;
    container.status = { ...container.status, state: 'exited', finishedAtMs: now(), exitCode, reason };
  }

  function endAll(sandboxId: string): void {
    for (const container of containers.values()) if (container.sandboxId === sandboxId) end(container, 137, 'Error');
  }

  const runtime: Runtime = {
    version: async () => ({ name: 'fake', version: '1.0.0', apiVersion: 'v1' }),
    status: async () => ({
      conditions: ['RuntimeReady', 'NetworkReady'].map((type) => ({ type, status: true, reason: '', message: '' })),
      handlers: [],
      supplementalGroupsPolicy: false,
    }),
    cgroupDriver: async () => 'cgroupfs',

    async runSandbox(config, runtimeHandler, signal) {
      enter('runSandbox', config.metadata.name, signal);
      const { uid, attempt } = config.metadata;
      for (const other of sandboxes.values()) {
        const same = other.config.metadata;
        if (same.uid === uid && same.attempt === attempt) refuse('InternalError', 'failed to reserve sandbox name');
      }
      const id = `sandbox${++made}`;
      const ip = config.linux.securityContext.namespaceOptions.network === 'NODE' ? '' : `10.244.0.${made + 1}`;
      sandboxes.set(id, { id, config, runtimeHandler, createdAtMs: now(), ip, isReady: true });
      return id;
    },
    async stopSandbox(id, signal) {
      enter('stopSandbox', id, signal);
      const sandbox = sandboxes.get(id);
      if (sandbox === undefined) return;
      endAll(id);
      sandbox.isReady = false;
    },
    async removeSandbox(id, signal) {
      enter('removeSandbox', id, signal);
      for (const container of containers.values()) if (container.sandboxId === id) containers.delete(container.id);
      sandboxes.delete(id);
    },
    async sandboxStatus(id, signal) {
      enter('sandboxStatus', id, signal);
      const sandbox = sandboxOf(id);
      return { ...shownSandbox(sandbox), ips: sandbox.isReady && sandbox.ip !== '' ? [sandbox.ip] : [] };
    },
    async listSandboxes(filter, signal) {
      enter('listSandboxes', '', signal);
      return [...sandboxes.values()].map(shownSandbox).filter((sandbox) => matches(filter, sandbox, sandbox.id));
    },

    async createContainer(sandboxId, config, _sandbox, signal) {
      enter('createContainer', config.metadata.name, signal);
      if (!sandboxOf(sandboxId).isReady)
        refuse('InternalError', 'failed to get sandbox container task: no running task found');
      if (findImage(images, config.image.image) === undefined) {
        refuse('NotFound', `failed to resolve image "${config.image.image}": not found`);
      }
      const id = `container${++made}`;
      const status = { state: 'created', startedAtMs: 0, finishedAtMs: 0, exitCode: 0, reason: '' } as const;
      containers.set(id, { id, sandboxId, config, status, createdAtMs: now() });
      return id;
    },
    async startContainer(id, signal) {
      enter('startContainer', id, signal);
      const container = containerOf(id);
      if (container.status.state !== 'created')
        refuse('InternalError', `container is in ${container.status.state} state`);
      container.status = { ...container.status, state: 'running', startedAtMs: now() };
    },
    async stopContainer(id, graceSeconds, signal) {
      enter('stopContainer', id, signal);
      const container = containers.get(id);
      if (container !== undefined) end(container, graceSeconds === 0 ? 137 : 143, 'Error');
    },
    async removeContainer(id, signal) {
      enter('removeContainer', id, signal);
      containers.delete(id);
    },
    async containerStatus(id, signal) {
      enter('containerStatus', id, signal);
      const container = containerOf(id);
      const { sandboxId: _, ...shown } = shownContainer(container);
      const logPath = `${sandboxOf(container.sandboxId).config.logDirectory}/${container.config.logPath}`;
      const mounts = container.config.mounts.map((mount) => ({ recursiveReadOnly: false, ...mount }));
      return { ...shown, ...container.status, message: '', logPath, mounts };
    },
    async listContainers(filter, signal) {
      enter('listContainers', '', signal);
      return [...containers.values()].map(shownContainer).filter((found) => matches(filter, found, found.sandboxId));
    },
    async updateResources(id, _resources, signal) {
      enter('updateResources', id, signal);
      containerOf(id);
    },
    async reopenLog(id, signal) {
      enter('reopenLog', id, signal);
      if (containerOf(id).status.state !== 'running') refuse('InternalError', 'container is not running');
    },

    async checkpoint(id, _location, _timeoutSeconds, signal) {
      enter('checkpoint', id, signal);
      refuse('MethodNotAllowed', 'unknown method CheckpointContainer');
    },

    async execSync(id, command, _timeoutSeconds, signal) {
      enter('execSync', id, signal);
      if (containerOf(id).status.state !== 'running') refuse('InternalError', 'container is not running');
      const { exitCode, stdout = '' } = answer(id, command);
      return { exitCode, stdout: new TextEncoder().encode(stdout), stderr: new Uint8Array() };
    },
    exec: async (id) => `http://127.0.0.1:0/exec/${containerOf(id).id}`,
    attach: async (id) => `http://127.0.0.1:0/attach/${containerOf(id).id}`,
    portForward: async (id) => `http://127.0.0.1:0/portforward/${sandboxOf(id).id}`,

    stats: async () => [],
    sandboxStats: async () => [],
    // biome-ignore lint/correctness/useYield: it has none, as other runtimes may
    async *events() {
      refuse('MethodNotAllowed', 'unknown method GetContainerEvents');
    },
  };

  const imageService: Images = {
    async imageStatus(name, signal) {
      enter('imageStatus', name, signal);
      return findImage(images, name);
    },
    async pull(name, _auth, _sandbox, signal) {
      enter('pull', name, signal);
      if (!registry.has(name)) refuse('NotFound', `failed to pull and unpack image "${name}": not found`);
      return addImage(name).id;
    },
    list: async () => [...images.values()],
    async remove(name, signal) {
      enter('remove', name, signal);
      const found = findImage(images, name);
      for (const [key, image] of images) if (image.id === found?.id) images.delete(key);
    },
    fsInfo: async () => [{ mountpoint: '/', usedBytes: 0, inodesUsed: 0, atMs: now() }],
  };

  function addImage(name: string, image: Partial<Image> = {}): Image {
    const id = `sha256:${Buffer.from(name).toString('hex')}`;
    const added = { id, repoTags: [name], repoDigests: [], sizeBytes: 1000, username: '', isPinned: false, ...image };
    images.set(name, added);
    return added;
  }

  return {
    runtime,
    images: imageService,
    views: {
      async open(key, image) {
        const found = findImage(images, image) ?? refuse('NotFound', `image "${image}": not found`);
        return [{ type: 'bind', source: `/views/${key}/${found.id}`, options: ['ro', 'rbind'] }];
      },
      async close() {},
    },
    close() {},
    exit(id, exitCode, reason = exitCode === 0 ? 'Completed' : 'Error') {
      const container = containerOf(id);
      if (container.status.state === 'exited') container.status = { ...container.status, reason };
      else end(container, exitCode, reason);
    },
    addImage,
    registry,
    failNext: (method, error) => failures.set(method, error),
    onExec: (next) => {
      answer = next;
    },
    calls,
  };
}

function refuse(reason: 'NotFound' | 'InternalError' | 'MethodNotAllowed', message: string): never {
  const code = { NotFound: 'NotFound', InternalError: 'Unknown', MethodNotAllowed: 'Unimplemented' }[reason];
  throw new ReasonError(reason, `rpc error: code = ${code} desc = ${message}`);
}

function findImage(images: ReadonlyMap<string, Image>, name: string): Image | undefined {
  return images.get(name) ?? [...images.values()].find((image) => image.id === name);
}

function shownSandbox({ id, config, runtimeHandler, createdAtMs, isReady }: FakeSandbox): Sandbox {
  const { metadata, labels, annotations } = config;
  return { id, ...metadata, isReady, createdAtMs, labels, annotations, runtimeHandler };
}

function shownContainer({ id, sandboxId, config, status, createdAtMs }: FakeContainer): Container {
  const { image } = config.image;
  const { labels, annotations } = config;
  return {
    id,
    sandboxId,
    ...config.metadata,
    image,
    imageRef: image,
    state: status.state,
    createdAtMs,
    labels,
    annotations,
  };
}

function matches(filter: Filter, { id, labels }: Sandbox | Container, sandboxId: string): boolean {
  if (filter.id !== undefined && filter.id !== id) return false;
  if (filter.sandboxId !== undefined && filter.sandboxId !== sandboxId) return false;
  return Object.entries(filter.labels ?? {}).every(([key, value]) => labels[key] === value);
}
