// The real control plane in this process; only the nodes are hollow. What is asserted is the state of the world.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Draft, KubeObject, Resource } from '#lib/api/resource.ts';
import {
  configMaps,
  deployments,
  endpointSlices,
  endpoints,
  events,
  jobs,
  namespaces,
  nodes,
  pods,
  replicaSets,
  secrets,
  serviceAccounts,
  services,
  validatingAdmissionPolicies,
} from '#lib/api/resources.ts';
import type { Job } from '#lib/api/types/batch.v1.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import { createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import { runServer } from '../main.ts';
import { runHollowNode } from './hollow-node.ts';

const clock = createClock();
const log = createSilentLog();
const end = new AbortController();
const { signal } = end;
let client: Client;
let cleanUp: () => Promise<void>;

test.before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-controllers-'));
  const ready = Promise.withResolvers<number>();
  const stopped = runServer(
    { dataDir: directory, bindAddress: '127.0.0.1', securePort: 0, advertiseAddress: '192.0.2.1' },
    { clock, log, signal, onReady: ready.resolve },
  );
  const port = await Promise.race([ready.promise, stopped.then(() => 0)]);
  const pki = (name: string) => readFile(join(directory, 'pki', name), 'utf8');
  const transport = createHttpTransport({
    server: `https://127.0.0.1:${port}`,
    credentials: async () => ({ ca: await pki('ca.crt'), cert: await pki('admin.crt'), key: await pki('admin.key') }),
    clock,
    log,
  });
  client = createClient(transport);
  for (const name of ['n1', 'n2']) void runHollowNode({ client, name }, signal).catch(() => {});
  cleanUp = async () => {
    end.abort();
    await stopped;
    transport[Symbol.dispose]();
    await rm(directory, { recursive: true });
  };
});

test.after.always(() => cleanUp());

test('every namespace gets its service account and the root CA', async (t) => {
  const name = await makeNamespace();
  await until(() => get(serviceAccounts, name, 'default'));
  const map = await until(() => get(configMaps, name, 'kube-root-ca.crt'));
  t.regex(map.data?.['ca.crt'] ?? '', /BEGIN CERTIFICATE/);
});

test('a token Secret is filled, lets its account in, and goes with it', async (t) => {
  const namespace = await makeNamespace();
  await client.create(serviceAccounts, { metadata: { name: 'robot', namespace } }, signal);
  const annotations = { 'kubernetes.io/service-account.name': 'robot' };
  const metadata = { name: 'robot-token', namespace, annotations };
  await client.create(secrets, { metadata, type: 'kubernetes.io/service-account-token' }, signal);
  const { data = {} } = await until(async () => {
    const secret = await get(secrets, namespace, 'robot-token');
    return secret?.data?.['token'] === undefined ? undefined : secret;
  });
  const token = Buffer.from(data['token']!, 'base64').toString();
  t.is(Buffer.from(data['namespace']!, 'base64').toString(), namespace);
  const review = async () =>
    (await client.raw('POST', '/apis/authentication.k8s.io/v1/tokenreviews', signal, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    })) as { readonly status: object };
  t.like((await review()).status, {
    authenticated: true,
    user: { username: `system:serviceaccount:${namespace}:robot` },
  });
  await client.delete(serviceAccounts, { name: 'robot', namespace }, signal);
  await until(async () => ((await get(secrets, namespace, 'robot-token')) === undefined ? true : undefined));
  t.not((await review()).status['authenticated' as never], true);
});

test('a policy says that it has been looked at', async (t) => {
  const rule = { operations: ['CREATE' as const], apiGroups: ['x.example.com'], apiVersions: ['v1'], resources: ['x'] };
  const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] };
  await client.create(validatingAdmissionPolicies, { metadata: { name: 'looked-at' }, spec }, signal);
  const { status } = await until(async () => {
    const policy = await client.get(validatingAdmissionPolicies, { name: 'looked-at' }, signal);
    return policy.status?.typeChecking === undefined ? undefined : policy;
  });
  t.is(status.observedGeneration, 1);
});

test('every node gets a range of its own', async (t) => {
  const ranges = await until(async () => {
    const { items } = await client.list(nodes, {}, signal);
    const found = items.flatMap(({ spec }) => spec?.podCIDR ?? []);
    return found.length === 2 ? found : undefined;
  });
  t.is(new Set(ranges).size, 2);
});

test('a Deployment rolls, scales, and takes everything with it', async (t) => {
  const namespace = await makeNamespace();
  await client.create(services, serviceFor(namespace), signal);
  const startMs = performance.now();
  await client.create(deployments, deploymentFor(namespace, 3), signal);
  await until(async () =>
    (await get(deployments, namespace, 'web'))?.status?.availableReplicas === 3 ? true : undefined,
  );
  t.log(`3 pods available after ${Math.round(performance.now() - startMs)} ms`);

  const slice = await until(async () => {
    const { items } = await client.list(endpointSlices, { namespace }, signal);
    return items[0]?.endpoints?.length === 3 ? items[0] : undefined;
  });
  t.deepEqual(
    slice.ports?.map(({ port }) => port),
    [8080],
  );
  t.is(slice.metadata.labels?.['kubernetes.io/service-name'], 'web');
  await until(async () =>
    (await get(endpoints, namespace, 'web'))?.subsets?.[0]?.addresses?.length === 3 ? true : undefined,
  );

  const change = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } };
  await client.patch(deployments, { namespace, name: 'web' }, { type: 'strategic', body: change }, signal);
  const rolled = await until(async () => {
    const found = await get(deployments, namespace, 'web');
    const { status, metadata } = found ?? {};
    const isDone = status?.updatedReplicas === 3 && status.replicas === 3 && status.availableReplicas === 3;
    return isDone && status?.observedGeneration === metadata?.generation ? found : undefined;
  });
  t.is(rolled.metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  t.is(rolled.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason, 'NewReplicaSetAvailable');
  const sets = (await client.list(replicaSets, { namespace }, signal)).items;
  t.deepEqual(sets.map(({ spec }) => spec?.replicas).sort(), [0, 3]);

  const scale = { spec: { replicas: 1 } };
  await client.patch(deployments, { namespace, name: 'web' }, { type: 'merge', body: scale }, signal);
  await until(async () => ((await client.list(pods, { namespace }, signal)).items.length === 1 ? true : undefined));
  await until(async () => {
    const { items } = await client.list(events, { namespace }, signal);
    const seen = new Set(items.map(({ reason }) => reason));
    return (
      ['ScalingReplicaSet', 'SuccessfulCreate', 'SuccessfulDelete', 'Scheduled'].every((one) => seen.has(one)) ||
      undefined
    );
  });

  await client.delete(deployments, { namespace, name: 'web' }, signal, { propagationPolicy: 'Foreground' });
  await gone(deployments, namespace, 'web');
  t.is((await client.list(replicaSets, { namespace }, signal)).items.length, 0);
  t.is((await client.list(pods, { namespace }, signal)).items.length, 0);
});

test('dependents of a deleted owner are deleted, and freed if that is wanted', async (t) => {
  const namespace = await makeNamespace();
  await client.create(deployments, deploymentFor(namespace, 1), signal);
  const [set] = await until(async () => {
    const { items } = await client.list(replicaSets, { namespace }, signal);
    return items[0]?.status?.readyReplicas === 1 ? items : undefined;
  });
  await client.delete(deployments, { namespace, name: 'web' }, signal, { propagationPolicy: 'Orphan' });
  await gone(deployments, namespace, 'web');
  const freed = await until(async () => {
    const found = await get(replicaSets, namespace, set!.metadata.name);
    return found?.metadata.ownerReferences === undefined ? found : undefined;
  });
  t.is(freed.metadata.deletionTimestamp, undefined);
  await client.delete(replicaSets, { namespace, name: set!.metadata.name }, signal, {
    propagationPolicy: 'Background',
  });
  await until(async () => ((await client.list(pods, { namespace }, signal)).items.length === 0 ? true : undefined));
});

test('a ReplicaSet adopts a pod that it selects, and makes one less', async (t) => {
  const namespace = await makeNamespace();
  const { template, selector } = deploymentFor(namespace, 2).spec!;
  const metadata = { name: 'stray', namespace, labels: { app: 'web' } };
  await client.create(pods, { metadata, spec: template.spec }, signal);
  await client.create(
    replicaSets,
    { metadata: { name: 'web', namespace }, spec: { replicas: 2, selector, template } },
    signal,
  );
  await until(async () => ((await get(replicaSets, namespace, 'web'))?.status?.readyReplicas === 2 ? true : undefined));
  const { items } = await client.list(pods, { namespace }, signal);
  t.is(items.length, 2);
  t.true(items.every(({ metadata }) => metadata.ownerReferences?.[0]?.name === 'web'));
});

test('a namespace goes with all that is in it', async (t) => {
  const namespace = await makeNamespace();
  await client.create(deployments, deploymentFor(namespace, 2), signal);
  await client.create(configMaps, { metadata: { name: 'a', namespace }, data: { a: 'b' } }, signal);
  await until(async () => ((await client.list(pods, { namespace }, signal)).items.length === 2 ? true : undefined));
  const startMs = performance.now();
  await client.delete(namespaces, { name: namespace }, signal);
  await gone(namespaces, '', namespace);
  t.log(`gone after ${Math.round(performance.now() - startMs)} ms`);
  t.is((await client.list(configMaps, { namespace }, signal)).items.length, 0);
  t.is((await client.list(pods, { namespace }, signal)).items.length, 0);
});

test('pods leave a node with a taint that they do not tolerate', async (t) => {
  const namespace = await makeNamespace();
  const stop = new AbortController();
  const node = { client, name: 'n3' };
  void runHollowNode(node, AbortSignal.any([signal, stop.signal])).catch(() => {});
  const spec = { containers: [{ name: 'a', image: 'a' }], nodeName: 'n3' };
  await until(() => get(nodes, '', 'n3'));
  await client.create(
    pods,
    { metadata: { name: 'stays', namespace }, spec: { ...spec, tolerations: [{ operator: 'Exists' }] } },
    signal,
  );
  await client.create(pods, { metadata: { name: 'leaves', namespace }, spec }, signal);
  const body = { spec: { taints: [{ key: 'evict', value: 'me', effect: 'NoExecute' }] } };
  await client.patch(nodes, { name: 'n3' }, { type: 'merge', body }, signal);
  await gone(pods, namespace, 'leaves');
  t.truthy(await get(pods, namespace, 'stays'));
  const sourceOf = (reason: string, about: string, inNamespace: string) =>
    until(async () => {
      const fieldSelector = `reason=${reason},involvedObject.name=${about}`;
      const { items } = await client.list(events, { namespace: inNamespace, fieldSelector }, signal);
      return items[0]?.source?.component;
    });
  t.is(await sourceOf('TaintManagerEviction', 'leaves', namespace), 'taint-eviction-controller');
  t.is(await sourceOf('RegisteredNode', 'n3', 'default'), 'node-controller');
  stop.abort();
  await client.delete(nodes, { name: 'n3' }, signal);
});

test('what controllers do shows in their metrics', async (t) => {
  const namespace = await makeNamespace();
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } };
  const job = { metadata: { name: 'counted', namespace }, spec: { template, completions: 1 } } as unknown as Draft<Job>;
  await client.create(jobs, job, signal);
  await client.create(services, serviceFor(namespace), signal);
  const lines = [
    /^job_controller_job_syncs_total\{completion_mode="NonIndexed",result="success",action="pods_created"\} [1-9]/m,
    /^job_controller_job_pods_creation_total\{reason="new",status="succeeded"\} [1-9]/m,
    /^job_controller_job_sync_duration_seconds_count\{/m,
    /^endpoint_slice_controller_syncs\{result="success"\} [1-9]/m,
    /^endpoint_slice_controller_num_endpoint_slices [1-9]/m,
    /^endpoint_slice_controller_changes\{operation="create"\} [1-9]/m,
    /^node_collector_zone_size\{zone=""\} [23]/m,
    /^node_collector_zone_health\{zone=""\} \d/m,
    /^node_ipam_controller_cidrset_cidrs_allocations_total\{clusterCIDR="10\.244\.0\.0\/16"\} [2-9]/m,
    /^root_ca_cert_publisher_sync_total\{code="200"\} [1-9]/m,
    /^ephemeral_volume_controller_create_total \d/m,
    /^garbagecollector_controller_resources_sync_error_total 0/m,
    /^taint_eviction_controller_pod_deletions_total \d/m,
    /^running_managed_controllers\{name="job-controller",manager="kube-controller-manager"\} 1/m,
    /^workqueue_adds_total\{name="job"\} [1-9]/m,
    /^workqueue_adds_total\{name="stale_pod_disruption"\} \d/m,
  ];
  let text = '';
  for (const lastMs = clock.now() + 20_000; clock.now() < lastMs && !lines.every((line) => line.test(text)); ) {
    await clock.sleep(20, signal);
    text = String(await client.raw('GET', '/metrics', signal));
  }
  for (const line of lines) t.regex(text, line);
});

let made = 0;
async function makeNamespace(): Promise<string> {
  const name = `test-${++made}`;
  await client.create(namespaces, { metadata: { name } }, signal);
  await until(() => get(serviceAccounts, name, 'default')); // pods need it
  return name;
}

async function get<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  try {
    return await client.get(resource, { namespace, name }, signal);
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function gone<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): Promise<void> {
  await until(async () => ((await get(resource, namespace, name)) === undefined ? true : undefined));
}

/** Looks again and again until there is something; the test's own time limit ends it. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await clock.sleep(5, signal);
  }
}

function deploymentFor(namespace: string, replicas: number) {
  const labels = { app: 'web' };
  const container = { name: 'web', image: 'web:1', ports: [{ name: 'http', containerPort: 8080 }] };
  return {
    metadata: { name: 'web', namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { name: '', labels }, spec: { containers: [container] } },
    },
  };
}

function serviceFor(namespace: string) {
  return {
    metadata: { name: 'web', namespace },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
