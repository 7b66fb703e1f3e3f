// What is disturbed, and how it is changed meanwhile.
import { deployments, jobs, services, statefulSets } from '#lib/api/resources.ts';
import type { Client } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';
import type { Random } from './random.ts';

export const namespace = 'default';
const deploymentNames = ['web', 'api', 'work'];
const statefulSetNames = ['ordered', 'parallel'];
export const completions = 8;

/** Pods leave a silent node after five seconds rather than five minutes. */
const tolerations = ['not-ready', 'unreachable'].map((name) => ({
  key: `node.kubernetes.io/${name}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 5,
}));

function template(app: string, generation: number, more: object = {}, annotations: Record<string, string> = {}) {
  const containers = [{ name: 'main', image: 'none', env: [{ name: 'GENERATION', value: String(generation) }] }];
  return { metadata: { labels: { app }, annotations }, spec: { containers, tolerations, ...more } };
}

/** Calls until the server took it: it is down now and then. What it knows already, or no longer, is fine. */
export async function insist(call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      await call();
      return;
    } catch (error) {
      if (hasReason(error, 'AlreadyExists', 'NotFound')) return;
      if (
        !hasReason(
          error,
          'ServiceUnavailable',
          'Conflict',
          'TooManyRequests',
          'Timeout',
          'ServerTimeout',
          'InternalError',
        )
      )
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  throw new Error('The server did not come back');
}

export async function makeWorkloads(client: Client, signal: AbortSignal): Promise<void> {
  for (const name of deploymentNames) {
    const spec = { replicas: 12, selector: { matchLabels: { app: name } }, template: template(name, 0) };
    await insist(() => client.create(deployments, { metadata: { name, namespace }, spec } as never, signal));
  }
  for (const name of statefulSetNames) {
    const ports = [{ port: 80 }];
    const service = { metadata: { name, namespace }, spec: { clusterIP: 'None', selector: { app: name }, ports } };
    await insist(() => client.create(services, service as never, signal));
    const podManagementPolicy = name === 'ordered' ? 'OrderedReady' : 'Parallel';
    const selector = { matchLabels: { app: name } };
    const spec = { replicas: 4, serviceName: name, podManagementPolicy, selector, template: template(name, 0) };
    await insist(() => client.create(statefulSets, { metadata: { name, namespace }, spec } as never, signal));
  }
}

/** One change, such as a person makes it. Returns what it was. */
export async function changeSomething(
  client: Client,
  random: Random,
  turn: number,
  signal: AbortSignal,
): Promise<string> {
  const patch = (resource: never, name: string, body: object) =>
    insist(() => client.patch(resource, { namespace, name }, { type: 'strategic', body }, signal));
  const kind = random.pick(['roll', 'scale', 'scaleSet', 'rollSet', 'job', 'job']);
  const deployment = random.pick(deploymentNames);
  const set = random.pick(statefulSetNames);
  const replicas = random.between(2, 20);
  switch (kind) {
    case 'roll':
      await patch(deployments as never, deployment, { spec: { template: template(deployment, turn) } });
      return `rolled ${deployment}`;
    case 'scale':
      await patch(deployments as never, deployment, { spec: { replicas } });
      return `scaled ${deployment} to ${replicas}`;
    case 'scaleSet':
      await patch(statefulSets as never, set, { spec: { replicas: replicas % 9 } });
      return `scaled ${set} to ${replicas % 9}`;
    case 'rollSet':
      await patch(statefulSets as never, set, { spec: { template: template(set, turn) } });
      return `rolled ${set}`;
    default:
      await makeJob(client, `job-${turn}`, random, signal);
      return `made job-${turn}`;
  }
}

async function makeJob(client: Client, name: string, random: Random, signal: AbortSignal): Promise<void> {
  const annotations = { 'hollow.skiff/run-seconds': String(random.between(0, 4)) };
  const spec = {
    completionMode: 'Indexed',
    completions,
    parallelism: 4,
    backoffLimit: 1_000,
    podReplacementPolicy: 'Failed',
    template: template(name, 0, { restartPolicy: 'Never' }, annotations),
  };
  await insist(() => client.create(jobs, { metadata: { name, namespace }, spec } as never, signal));
}
