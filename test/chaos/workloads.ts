// What is disturbed, and how it is changed meanwhile.
import { deployments, jobs, services, statefulSets } from '#lib/api/resources.ts';
import type { Random } from './random.ts';
import type { Writer } from './wishes.ts';

export const namespace = 'default';
const deploymentNames = ['web', 'api', 'work'];
const strategies = {
  web: { maxSurge: '25%', maxUnavailable: '25%' },
  api: { maxSurge: 0, maxUnavailable: 2 },
  work: { maxSurge: 3, maxUnavailable: 0 },
} as Readonly<Record<string, object>>;
const statefulSetNames = ['ordered', 'parallel'];
const completions = 8;

/** Pods leave a silent node after five seconds rather than five minutes. */
const tolerations = ['not-ready', 'unreachable'].map((name) => ({
  key: `node.kubernetes.io/${name}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 5,
}));

function template(app: string, generation: number, more: object = {}, metadata: object = {}) {
  const containers = [{ name: 'main', image: 'none', env: [{ name: 'GENERATION', value: String(generation) }] }];
  return { metadata: { labels: { app }, ...metadata }, spec: { containers, tolerations, ...more } };
}

export async function makeWorkloads(writer: Writer): Promise<void> {
  for (const name of deploymentNames) await makeDeployment(writer, name, 12);
  for (const name of statefulSetNames) await makeStatefulSet(writer, name, 4);
}

async function makeDeployment(writer: Writer, name: string, replicas: number): Promise<void> {
  const strategy = { type: 'RollingUpdate', rollingUpdate: strategies[name] ?? strategies['web'] };
  const spec = { replicas, strategy, selector: { matchLabels: { app: name } }, template: template(name, 0) };
  await writer.create(deployments, { metadata: { name, namespace }, spec } as never);
  await makeService(writer, name, {});
}

async function makeStatefulSet(writer: Writer, name: string, replicas: number): Promise<void> {
  await makeService(writer, name, { clusterIP: 'None' });
  const podManagementPolicy = name === 'parallel' ? 'Parallel' : 'OrderedReady';
  const selector = { matchLabels: { app: name } };
  const spec = { replicas, serviceName: name, podManagementPolicy, selector, template: template(name, 0) };
  await writer.create(statefulSets, { metadata: { name, namespace }, spec } as never);
}

async function makeService(writer: Writer, name: string, more: object): Promise<void> {
  const spec = { ...more, selector: { app: name }, ports: [{ port: 80 }] };
  await writer.create(services, { metadata: { name, namespace }, spec } as never);
}

/** Changes one thing after the other, such as people do. */
export function createChanges(writer: Writer, random: Random) {
  const extras: { readonly name: string; remove(options: object): Promise<void> }[] = [];
  let turn = 0;

  /** One change. @returns what it was */
  return async function change(): Promise<string> {
    turn++;
    const deployment = random.pick(deploymentNames);
    const set = random.pick(statefulSetNames);
    const replicas = random.between(2, 20);
    const kind = random.pick(kinds);
    switch (kind) {
      case 'roll':
        await writer.patch(deployments, deployment, { spec: { template: template(deployment, turn) } });
        return `rolled ${deployment}`;
      case 'scale':
        await writer.patch(deployments, deployment, { spec: { replicas } });
        return `scaled ${deployment} to ${replicas}`;
      case 'scaleSet':
        await writer.patch(statefulSets, set, { spec: { replicas: replicas % 9 } });
        return `scaled ${set} to ${replicas % 9}`;
      case 'rollSet': {
        const partition = random.pick([0, 0, 1, 2, 3]);
        const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition } };
        await writer.patch(statefulSets, set, { spec: { updateStrategy, template: template(set, turn) } });
        return `rolled ${set} down to ${partition}`;
      }
      case 'partition': {
        const partition = random.between(0, 4);
        await writer.patch(statefulSets, set, { spec: { updateStrategy: { rollingUpdate: { partition } } } });
        return `moved the partition of ${set} to ${partition}`;
      }
      case 'extra':
        return extras.length > 1 ? await removeExtra() : await makeExtra();
      default:
        await makeJob(`job-${turn}`);
        return `made job-${turn}`;
    }
  };

  /** What comes and goes whole: nothing of it may stay. */
  async function makeExtra(): Promise<string> {
    const kind = random.pick(['deployment', 'statefulset', 'job'] as const);
    const name = `extra-${kind}-${turn}`;
    const resource = kind === 'deployment' ? deployments : kind === 'statefulset' ? statefulSets : jobs;
    if (kind === 'deployment') await makeDeployment(writer, name, 5);
    else if (kind === 'statefulset') await makeStatefulSet(writer, name, 3);
    else await makeJob(name);
    extras.push({
      name,
      async remove(options) {
        if (kind !== 'job') await writer.remove(services, name);
        await writer.remove(resource as typeof deployments, name, options);
      },
    });
    return `made ${name}`;
  }

  async function removeExtra(): Promise<string> {
    const { name, remove } = extras.shift()!;
    const propagationPolicy = random.pick(['Background', 'Foreground'] as const);
    await remove({ propagationPolicy });
    return `removed ${name} (${propagationPolicy})`;
  }

  async function makeJob(name: string): Promise<void> {
    const annotations = { 'hollow.skiff/run-seconds': String(random.between(0, 4)) };
    const spec = {
      completionMode: 'Indexed',
      completions,
      parallelism: 4,
      backoffLimit: 1_000,
      podReplacementPolicy: random.pick(['Failed', 'Failed', 'TerminatingOrFailed']),
      template: template(name, 0, { restartPolicy: 'Never' }, { annotations }),
    };
    await writer.create(jobs, { metadata: { name, namespace }, spec } as never);
  }
}
const kinds = ['roll', 'scale', 'scaleSet', 'rollSet', 'partition', 'job', 'job', 'extra', 'extra'] as const;
