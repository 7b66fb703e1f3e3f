// Where a spec of nodes or storage runs: a namespace of its own, gone when the spec ends.
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { namespaces, pods } from '#lib/api/resources.ts';
import type { Container, Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import type { ObjectMeta } from '#lib/api/types/meta.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { connectToCluster, eventually } from '../../../live/cluster.ts';

export interface Space {
  readonly client: Client;
  /** Its own; cluster-wide objects are told apart by having it in their name, too. */
  readonly namespace: string;
  createPod(name: string, spec?: Partial<PodSpec>, metadata?: Partial<ObjectMeta>): Promise<Pod>;
  /** The pod, once `is` holds. */
  when(name: string, what: string, is: (pod: Pod) => boolean, timeoutMs?: number): Promise<Pod>;
  logOf(name: string, container?: string): Promise<string>;
  /** What a pod printed that runs to its good end. */
  outputOf(name: string, spec: Partial<PodSpec>): Promise<string>;
}

export const image = 'skiff.local/tools:1';
export const forever = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.2; done'];
export const soon = (seconds = 60) => AbortSignal.timeout(seconds * 1000);
export const shell = (script: string, rest: Partial<Container> = {}): Container => ({
  name: 'main',
  image,
  command: ['sh', '-c', script],
  ...rest,
});

/** One test titled with the spec's codename. Those of a file run one by one. */
export function spec(codename: string, run: (space: Space, t: ExecutionContext) => Promise<void>): void {
  test.serial(codename, async (t) => {
    t.timeout(5 * 60_000);
    await using connection = await connectToCluster();
    const { client } = connection;
    const namespace = `modern-${randomBytes(4).toString('hex')}`; // other files run beside this one, in the same process
    await client.create(namespaces, { metadata: { name: namespace } }, soon());
    try {
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
      await eventually('the default service account', async () => client.raw('GET', account, soon()));
      await run(spaceOf(client, namespace), t);
    } finally {
      await client.delete(namespaces, { name: namespace }, soon());
    }
  });
}

function spaceOf(client: Client, namespace: string): Space {
  const space: Space = {
    client,
    namespace,
    createPod: (name, rest = {}, metadata = {}) =>
      client.create(
        pods,
        {
          metadata: { ...metadata, name, namespace },
          spec: { containers: [shell('', { command: forever })], terminationGracePeriodSeconds: 1, ...rest },
        },
        soon(),
      ),
    when: (name, what, is, timeoutMs = 60_000) =>
      eventually(
        `${name}: ${what}`,
        async () => {
          const pod = await client.get(pods, { namespace, name }, soon());
          return is(pod) && pod;
        },
        timeoutMs,
      ),
    async logOf(name, container = 'main') {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?container=${container}`;
      return String(await client.raw('GET', path, soon()));
    },
    async outputOf(name, rest) {
      await space.createPod(name, { restartPolicy: 'Never', ...rest });
      const { status } = await space.when(
        name,
        'at its end',
        ({ status: { phase } }) => phase === 'Succeeded' || phase === 'Failed',
      );
      const log = await space.logOf(name);
      if (status.phase !== 'Succeeded') throw new Error(`Pod ${name} failed: ${log}`);
      return log;
    },
  };
  return space;
}

export const isReady = ({ status }: Pod) =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
