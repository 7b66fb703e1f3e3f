// Servers and clients on every node of a cluster of three nodes on two segments, for tests of who reaches whom.
import { namespaces, pods, services } from '#lib/api/resources.ts';
import type { Pod, Service, ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { exec } from '#lib/exec.ts';
import { connectToCluster, eventually, onNode, testCluster } from '../live/cluster.ts';
import { isReady } from '../live/pods.ts';

export const image = 'skiff.local/tools:1';
export const families = [4, 6] as const;
export type Family = (typeof families)[number];

export interface Web {
  readonly client: Client;
  readonly namespace: string;
  /** `web-1` on node1 and so on: each answers with its name and who asked. */
  readonly servers: readonly Pod[];
  /** `client-1` on node1 and so on. */
  readonly clients: readonly Pod[];
  service(name: string, spec: Partial<ServiceSpec>): Promise<Service>;
  pod(name: string, nodeName: string, spec?: Partial<Pod['spec']>, labels?: Record<string, string>): Promise<Pod>;
  /** Runs a line of shell in a pod. */
  shell(pod: string, line: string): Promise<string>;
  close(): Promise<void>;
}

const timeoutMs = 90_000;

/** What a server says. */
export interface Answer {
  readonly server: string;
  readonly source: string;
}

export const serve = (port: number, family = '[::]'): readonly string[] => [
  'sh',
  '-c',
  `mkdir -p /tmp/www/cgi-bin; cd /tmp/www; printf '#!/bin/sh\\necho; echo $HOSTNAME $REMOTE_ADDR\\n' >cgi-bin/who; chmod +x cgi-bin/who; exec httpd -f -p ${family}:${port} -h /tmp/www`,
];

export async function openWeb(prefix: string): Promise<Web> {
  const connection = await connectToCluster();
  const { client } = connection;
  const signal = () => AbortSignal.timeout(timeoutMs);
  const namespace = `${prefix}-${process.pid}`;
  await client.create(namespaces, { metadata: { name: namespace } }, signal());
  await eventually('the default service account', () =>
    client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, signal()),
  );

  async function pod(
    name: string,
    nodeName: string,
    spec: Partial<Pod['spec']> = {},
    labels: Record<string, string> = {},
  ) {
    const containers = [{ name: 'main', image, command: serve(8080) }];
    const metadata = { name, namespace, labels: { app: name, ...labels } };
    await client.create(
      pods,
      { metadata, spec: { containers, nodeName, terminationGracePeriodSeconds: 0, ...spec } },
      signal(),
    );
    return eventually(`${name} to be ready`, async () => {
      const found = await client.get(pods, { namespace, name }, signal());
      return isReady(found) && found;
    });
  }

  const nodes = testCluster().layout.nodes.map(({ name }) => name);
  const made = await Promise.all([
    ...nodes.map((node, index) => pod(`web-${index + 1}`, node, {}, { role: 'web' })),
    ...nodes.map((node, index) => pod(`client-${index + 1}`, node)),
  ]);
  return {
    client,
    namespace,
    servers: made.slice(0, nodes.length),
    clients: made.slice(nodes.length),
    pod,
    service: (name, spec) =>
      client.create(
        services,
        { metadata: { name, namespace }, spec: { ports: [{ port: 80, targetPort: 8080 }], ...spec }, status: {} },
        signal(),
      ),
    async shell(name, line) {
      const { kubeconfig } = testCluster();
      const words = ['--kubeconfig', kubeconfig, '-n', namespace, 'exec', name, '--', 'sh', '-c', line];
      return (await exec('kubectl', words, signal(), { timeoutMs })).stdout;
    },
    async close() {
      await client.delete(namespaces, { name: namespace }, signal());
      await connection[Symbol.asyncDispose]();
    },
  };
}

export function addressOf({ status }: Pod, family: Family): string {
  return status.podIPs!.map(({ ip }) => ip!).find((ip) => ip.includes(':') === (family === 6))!;
}

export function clusterIpOf({ spec }: Service, family: Family): string {
  return spec.clusterIPs!.find((ip) => ip.includes(':') === (family === 6))!;
}

export function nodeIp(index: number, family: Family): string {
  return testCluster().layout.nodes[index]!.ips[family === 4 ? 0 : 1]!;
}

export function urlOf(address: string, port: number): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/cgi-bin/who`;
}

/** Asks from within a pod; undefined where nobody answers. */
export async function askFromPod(web: Web, from: string, url: string): Promise<Answer | undefined> {
  return parse(await web.shell(from, `timeout 3 wget -qO- '${url}' || true`));
}

export async function askFromNode(index: number, url: string): Promise<Answer | undefined> {
  return parse(
    (await onNode(index, ['busybox', 'sh', '-c', `busybox timeout 3 busybox wget -qO- '${url}' || true`])).stdout,
  );
}

/** Asks from the router between the segments: no node, and no part of the cluster. */
export async function askFromOutside(url: string, seconds = 3): Promise<Answer | undefined> {
  const words = ['netns', 'exec', testCluster().layout.switchNamespace];
  const line = `busybox timeout ${seconds} busybox wget -qO- '${url}' || true`;
  return parse((await exec('ip', [...words, 'busybox', 'sh', '-c', line], AbortSignal.timeout(30_000))).stdout);
}

/** What the router is called in the segment of node number `index`. */
export function routerIp(index: number, family: Family): string {
  return testCluster().layout.nodes[index]!.segment.gateways[family === 4 ? 0 : 1]!.split('/')[0]!;
}

function parse(text: string): Answer | undefined {
  const [server, source] = text.trim().split(' ');
  if (!server || !source) return undefined;
  return { server, source: source.replace(/^\[?(?:::ffff:)?([^\]]*)\]?$/, '$1') };
}
