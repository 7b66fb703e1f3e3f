// Pods for live tests: made, awaited, asked and removed in a namespace of the test's own.
import { events, namespaces, pods } from '#lib/api/resources.ts';
import type { Container, Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { connectToCluster, eventually } from './cluster.ts';

export const image = 'skiff.local/tools:1';
export const forever = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.2; done'];
export const signal = () => AbortSignal.timeout(60_000);

export interface PodLab {
  readonly client: Client;
  readonly namespace: string;
  create(name: string, spec?: Partial<PodSpec>, metadata?: Pod['metadata'] | object): Promise<Pod>;
  get(name: string): Promise<Pod>;
  when(name: string, what: string, is: (pod: Pod) => boolean, timeoutMs?: number): Promise<Pod>;
  logOf(name: string, container?: string): Promise<string>;
  reasonsFor(pod: Pod): Promise<ReadonlySet<string>>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

/** A namespace whose name begins with `prefix`, ready for pods. */
export async function openPodLab(prefix: string): Promise<PodLab> {
  const connection = await connectToCluster();
  const { client } = connection;
  const namespace = `${prefix}-${process.pid}`;
  await client.create(namespaces, { metadata: { name: namespace } }, signal());
  await eventually('the default service account', async () =>
    client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, signal()),
  );
  const get = (name: string) => client.get(pods, { namespace, name }, signal());
  return {
    client,
    namespace,
    get,
    create: (name, spec = {}, metadata = {}) =>
      client.create(
        pods,
        {
          metadata: { ...metadata, name, namespace },
          spec: { containers: [main()], terminationGracePeriodSeconds: 1, ...spec },
        },
        signal(),
      ),
    when: (name, what, is, timeoutMs) =>
      eventually(
        `${name}: ${what}`,
        async () => {
          const pod = await get(name);
          return is(pod) && pod;
        },
        timeoutMs,
      ),
    async logOf(name, container = 'main') {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?container=${container}`;
      return String(await client.raw('GET', path, signal()));
    },
    async reasonsFor({ metadata }) {
      const fieldSelector = `involvedObject.uid=${metadata.uid}`;
      const { items } = await client.list(events, { namespace, fieldSelector }, signal());
      return new Set(items.map(({ reason }) => reason ?? ''));
    },
    async remove(name) {
      await client.delete(pods, { namespace, name }, signal());
      await eventually(`the end of ${name}`, async () => {
        const { items } = await client.list(pods, { namespace, fieldSelector: `metadata.name=${name}` }, signal());
        return items.length === 0;
      });
    },
    async close() {
      await client.delete(namespaces, { name: namespace }, signal());
      await connection[Symbol.asyncDispose]();
    },
  };
}

export function main(rest: Partial<Container> = {}): Container {
  return { name: 'main', image, command: forever, ...rest };
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

export function isPhase(phase: string): (pod: Pod) => boolean {
  return ({ status }) => status.phase === phase;
}
