// Pods that get more or less while they run.
import { pods } from '#lib/api/resources.ts';
import type { Container, Pod, ResourceRequirements } from '#lib/api/types/core.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { forever, isReady, type Space, shell, soon, spec } from './support/node-space.ts';

type Wish = Readonly<Record<string, ResourceRequirements>>;

const containersOf = (wish: Wish): Container[] =>
  Object.entries(wish).map(([name, resources]) => shell('', { name, command: forever, resources }));

/** The pod, once its status says that all its containers have what `wish` says and nothing is under way. */
async function resized({ when }: Space, name: string, wish: Wish): Promise<Pod> {
  return await when(name, 'resized', ({ metadata, status }) => {
    const isUnderWay = status.conditions?.some(({ type }) => type.startsWith('PodResize'));
    const all = status.containerStatuses ?? [];
    const isSo = all.every((one) => {
      const { requests, limits } = wish[one.name]!;
      const want = { ...limits, ...requests }; // a limit alone is a request, too
      return isSame(one.resources?.requests, want) && isSame(one.resources?.limits, limits ?? {});
    });
    return !isUnderWay && isSo && status.observedGeneration === metadata.generation;
  });
}

function isSame(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const text = (amounts: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(amounts).sort());
  return text(a) === text(b);
}

async function patch({ client, namespace }: Space, name: string, wish: Wish): Promise<void> {
  const containers = Object.entries(wish).map(([name, resources]) => ({ name, resources }));
  const at = { namespace, name };
  await client.patch(pods, at, { type: 'strategic', body: { spec: { containers } } }, soon(), {
    subresource: 'resize',
  });
}

const restarts = ({ status }: Pod) => (status.containerStatuses ?? []).map(({ restartCount }) => restartCount);

spec(
  '[sig-node] Pod InPlace Resize Container burstable pods - extended 6 containers - various operations performed (including adding limits and requests) [MinimumKubeletVersion:1.34] [Conformance]',
  async (space, t) => {
    const before: Wish = {
      c1: { requests: { cpu: '20m' } },
      c2: { requests: { memory: '20Mi' } },
      c3: { requests: { cpu: '20m', memory: '20Mi' } },
      c4: { requests: { cpu: '20m' } },
      c5: { requests: { memory: '20Mi' } },
      c6: { requests: { cpu: '20m', memory: '20Mi' }, limits: { cpu: '40m', memory: '40Mi' } },
    };
    const after: Wish = {
      c1: { requests: { cpu: '30m' }, limits: { cpu: '50m' } },
      c2: { requests: { memory: '30Mi' }, limits: { memory: '50Mi' } },
      c3: { requests: { cpu: '20m', memory: '10Mi' } },
      c4: { requests: { cpu: '10m', memory: '20Mi' } },
      c5: { requests: { memory: '30Mi', cpu: '20m' } },
      c6: { requests: { cpu: '30m', memory: '10Mi' }, limits: { cpu: '60m', memory: '30Mi' } },
    };
    await space.createPod('six', { containers: containersOf(before) });
    await space.when('six', 'ready', isReady);
    await resized(space, 'six', before);
    await patch(space, 'six', after);
    const pod = await resized(space, 'six', after);
    t.deepEqual(restarts(pod), [0, 0, 0, 0, 0, 0]);
    for (const { name, allocatedResources } of pod.status.containerStatuses ?? []) {
      t.true(isSame(allocatedResources, after[name]!.requests), name);
    }
  },
);

spec(
  '[sig-node] Pod InPlace Resize Container burstable pods - extended resize with equivalents [MinimumKubeletVersion:1.34] [Conformance]',
  async (space, t) => {
    const before: Wish = { c1: { requests: { cpu: '2m' }, limits: { cpu: '10m' } } }; // as little as the kernel counts
    const after: Wish = { c1: { requests: { cpu: '1m' }, limits: { cpu: '5m' } } };
    await space.createPod('little', { containers: containersOf(before) });
    await space.when('little', 'ready', isReady);
    await patch(space, 'little', after);
    t.deepEqual(restarts(await resized(space, 'little', after)), [0]);
  },
);

spec(
  '[sig-node] Pod InPlace Resize Container resize pod via the replace endpoint [MinimumKubeletVersion:1.34] [Conformance]',
  async (space, t) => {
    const { client, namespace } = space;
    const amounts = (cpu: string, memory: string) => ({ cpu, memory });
    const before: Wish = { c1: { requests: amounts('20m', '20Mi'), limits: amounts('40m', '40Mi') } };
    const after: Wish = { c1: { requests: amounts('30m', '30Mi'), limits: amounts('50m', '50Mi') } };
    await space.createPod('put', { containers: containersOf(before) });
    await space.when('put', 'ready', isReady);
    await eventually('an update that nothing came between', async () => {
      const now = await client.get(pods, { namespace, name: 'put' }, soon());
      const containers = now.spec.containers.map((one) => ({ ...one, resources: after[one.name] }));
      return await client.update(pods, { ...now, spec: { ...now.spec, containers } }, soon(), {
        subresource: 'resize',
      });
    });
    t.deepEqual(restarts(await resized(space, 'put', after)), [0]);
  },
);
