// A valid pod and what the runtime may have of it, for tests: each case names only its difference.
import type { Container, Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import { containerAnnotations } from './annotations.ts';
import type { Observed, ObservedContainer } from './observed.ts';
import type { ProbeView } from './plan.ts';

export const nowMs = Date.UTC(2026, 0, 1);

export function examplePod(spec: Partial<PodSpec> = {}, rest: Partial<Pod> = {}): Pod {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u1', generation: 1 },
    spec: { containers: [exampleContainer('main')], restartPolicy: 'Always', ...spec },
    status: {},
    ...rest,
  };
}

export function exampleContainer(name: string, rest: Partial<Container> = {}): Container {
  return { name, image: 'busybox:1', ...rest };
}

export const allGood: ProbeView = { isStarted: () => true, isReady: () => true, failed: () => undefined };

type Shown = Partial<ObservedContainer> & { readonly of: string };

/** Containers are given newest first; all are of the one sandbox that is ready, unless told. */
export function observing(
  pod: Pod,
  containers: readonly Shown[],
  sandbox: Partial<Observed['sandboxes'][0]> = {},
): Observed {
  const base = {
    id: 's0',
    name: 'web',
    namespace: 'default',
    uid: 'u1',
    attempt: 0,
    isReady: true,
    createdAtMs: nowMs - 60_000,
  };
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])];
  return {
    sandboxes: [{ ...base, labels: {}, annotations: {}, runtimeHandler: '', ips: ['10.244.0.5'], ...sandbox }],
    containers: containers.map(({ of, ...rest }) => {
      const container = all.find(({ name }) => name === of) ?? exampleContainer(of);
      const attempt = rest.attempt ?? 0;
      return {
        id: `${of}${attempt}`,
        name: of,
        attempt,
        sandboxId: 's0',
        image: 'busybox:1',
        imageRef: 'sha256:1',
        state: 'running',
        createdAtMs: nowMs - 50_000 + attempt,
        startedAtMs: nowMs - 50_000,
        finishedAtMs: rest.state === 'exited' ? nowMs - 1000 : 0,
        exitCode: 0,
        reason: '',
        message: '',
        labels: {},
        annotations: containerAnnotations(pod, container, attempt),
        logPath: '',
        mounts: [],
        ...rest,
      };
    }),
  };
}
