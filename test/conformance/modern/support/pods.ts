import { pods } from '#lib/api/resources.ts';
import type { Container, Pod, PodSpec, PodTemplateSpec } from '#lib/api/types/core.v1.ts';
import type { Case } from './spec.ts';

export const tools = 'skiff.local/tools:1';
export const pause = 'skiff.local/pause:1';

/** A container that does nothing, for ever, and ends at once when told to. */
export const idle: Container = { name: 'main', image: pause };

/** A container that runs a shell script. */
export function shell(script: string, rest: Partial<Container> = {}): Container {
  return { name: 'main', image: tools, command: ['sh', '-c', script], ...rest };
}

/** Answers every GET on `port` with `text`; with the host's own name if there is none. */
export function web(port: number, text = '$(hostname)', rest: Partial<Container> = {}): Container {
  const script = `mkdir -p /tmp/www && echo "${text}" >/tmp/www/index.html && exec httpd -f -p ${port} -h /tmp/www`;
  return shell(script, { ports: [{ containerPort: port }], ...rest });
}

/**
 * What a pod needs to run `script` by the Node.js of these tests, from the node's own files: for what the small tools
 * cannot do, such as UDP.
 */
export function nodeScript(script: string): Pick<PodSpec, 'containers' | 'volumes'> {
  return {
    containers: [
      {
        name: 'main',
        image: tools,
        command: ['chroot', '/host', process.execPath, '-e', script],
        volumeMounts: [{ name: 'host', mountPath: '/host', readOnly: true }],
      },
    ],
    volumes: [{ name: 'host', hostPath: { path: '/' } }],
  };
}

export function template(
  labels: Readonly<Record<string, string>>,
  containers: readonly Container[] = [idle],
  rest: Partial<PodSpec> = {},
): PodTemplateSpec {
  return { metadata: { labels }, spec: { containers, terminationGracePeriodSeconds: 1, ...rest } } as PodTemplateSpec;
}

export interface PodOptions extends Partial<PodSpec> {
  readonly labels?: Readonly<Record<string, string>>;
}

export function createPod(c: Case, name: string, { labels = {}, ...rest }: PodOptions = {}): Promise<Pod> {
  const spec = { containers: [idle], terminationGracePeriodSeconds: 1, ...rest };
  return c.create(pods, { metadata: { name, labels }, spec });
}

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

export const isPhase =
  (phase: string) =>
  ({ status }: Pod): boolean =>
    status.phase === phase;

/** A pod that is there and ready. */
export async function readyPod(c: Case, name: string, options: PodOptions = {}): Promise<Pod> {
  await createPod(c, name, options);
  return await c.when(pods, name, 'ready', isReady);
}

export async function logOf(c: Case, name: string, container = 'main'): Promise<string> {
  const path = `/api/v1/namespaces/${c.namespace}/pods/${name}/log?container=${container}`;
  return String(await c.client.raw('GET', path, c.signal));
}

/** Runs a shell script, or `spec`, in a pod of its own until it ends well; what it printed. */
export async function printed(c: Case, name: string, script: string | Partial<PodSpec>): Promise<string> {
  const spec = typeof script === 'string' ? { containers: [shell(script)] } : script;
  await createPod(c, name, { restartPolicy: 'Never', ...spec });
  const pod = await c.when(pods, name, 'done', ({ status }) => ['Succeeded', 'Failed'].includes(status.phase ?? ''));
  const text = await logOf(c, name);
  if (pod.status.phase !== 'Succeeded') throw new Error(`${name} failed: ${text}`);
  return text;
}
