import { setTimeout as delay } from 'node:timers/promises';
import type { List } from '#lib/api/resource.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { type Checks, same } from './checks.ts';

export interface ClusterTools {
  readonly checks: Checks;
  /** Beside the control plane. */
  readonly nodes: number;
  vagrant(words: readonly string[], timeoutMs?: number): Promise<string>;
  virsh(words: readonly string[]): Promise<string>;
  kubectl(words: readonly string[], input?: string): Promise<string>;
  /** Upstream's specs, and the archive of their images; absent: left out. */
  readonly smoke?: { readonly images: string; run(): Promise<string> };
}

/** A cluster of machines from `vagrant up` to `vagrant destroy`. */
export async function runClusterSuite(tools: ClusterTools): Promise<void> {
  const { checks, nodes, vagrant, virsh, kubectl } = tools;
  const { check } = checks;
  const names = ['control', ...Array.from({ length: nodes }, (_, at) => `node${at + 1}`)];
  const last = names.at(-1)!;
  const on = (name: string, script: string) => vagrant(['ssh', name, '-c', `sudo sh -euc '${script}'`], 300_000);
  const jsonpath = async (words: readonly string[], path: string) =>
    (await kubectl([...words, '-o', `jsonpath={${path}}`])).trim();
  const ready = (name: string, timeout = '240s') =>
    kubectl(['wait', 'node', name, '--for=condition=Ready', `--timeout=${timeout}`]);

  await check('vagrant up control', async () => {
    await vagrant(['up', 'control']);
    return undefined;
  });
  for (const name of names.slice(1)) {
    await check(`vagrant up ${name}`, async () => {
      await vagrant(['up', name]);
      return undefined;
    });
  }
  await check('every machine is a Ready node, at its address in the network of the cluster', async () => {
    await kubectl(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=240s']);
    const found = await jsonpath(['get', 'nodes'], '.items[*].status.addresses[?(@.type=="InternalIP")].address');
    same(found, names.map((_, at) => `192.168.56.${10 + at}`).join(' '), 'addresses');
    const took: string[] = [];
    for (const name of names) {
      const ssh = await on(name, 'date -d "$(systemctl show -P ActiveEnterTimestamp ssh)" +%s');
      const at = await jsonpath(['get', 'node', name], '.status.conditions[?(@.type=="Ready")].lastTransitionTime');
      took.push(`${Date.parse(at) / 1000 - Number(ssh)} s`);
    }
    return `from ssh to Ready: ${took.join(', ')}`;
  });
  await check('cgroup v2 and the systemd driver on every machine', async () => {
    for (const name of names) {
      same((await on(name, 'stat -fc %T /sys/fs/cgroup')).trim(), 'cgroup2fs', `the tree of ${name}`);
      const said = await on(name, 'journalctl -u skiff-agent -o cat --no-pager | grep cgroupDriver | tail -n 1');
      same(/"?cgroupDriver"?[=:]"?(\w+)/.exec(said)?.[1], 'systemd', `the driver of ${name}`);
    }
    return undefined;
  });
  await check('a workload on all machines answers by name, from each to each', async () => {
    await kubectl(['apply', '-f', '-'], workload(names.length));
    await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=240s']);
    const where = await jsonpath(['get', 'pods', '-l', 'app=hello'], '.items[*].spec.nodeName');
    same(where.split(' ').sort(), [...names].sort(), 'where they run');
    const pods = (await jsonpath(['get', 'pods', '-l', 'app=hello'], '.items[*].metadata.name')).split(' ');
    const ips = (await jsonpath(['get', 'pods', '-l', 'app=hello'], '.items[*].status.podIP')).split(' ');
    const service = await jsonpath(['get', 'service', 'hello'], '.spec.clusterIP');
    for (const pod of pods) {
      // busybox's own wget, linked statically, cannot look names up everywhere: nslookup can.
      const found = await kubectl(['exec', pod, '--', 'nslookup', 'hello.default.svc.cluster.local']);
      same(found.includes(service), true, `whether ${pod} is told ${service}`);
      for (const ip of [...ips, service]) {
        await kubectl(['exec', pod, '--', ...fetched, `http://${ip}/`]);
      }
    }
    return `${pods.length} pods, ${where}`;
  });
  await check('a pod of each class lies in its slice', async () => {
    const uid = (await jsonpath(['get', 'pods', '-l', 'app=hello'], '.items[0].metadata.uid')).replaceAll('-', '_');
    const node = await jsonpath(['get', 'pods', '-l', 'app=hello'], '.items[0].spec.nodeName');
    const slice = `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice`;
    const found = await on(node, `cd /sys/fs/cgroup/${slice}; echo $(cat cpu.weight) $(cat memory.max)`);
    same(found.trim(), '2 67108864', slice); // 50m and 64Mi
    return slice;
  });
  await check('ipvs mode serves on every machine, and leaves nothing to iptables after it', async () => {
    const service = await jsonpath(['get', 'service', 'hello'], '.spec.clusterIP');
    const [pod = ''] = (await jsonpath(['get', 'pods', '-l', 'app=hello'], '.items[*].metadata.name')).split(' ');
    const ask = `timeout 5 busybox wget -q -O - http://${service}/`;
    // What served before the agent's restart goes on until the new rules are there: the servers are waited for, then asked.
    const change = async (mode: string, isThere: string) => {
      const set = `echo SKIFF_AGENT_FLAGS=--proxy-mode=${mode} >/etc/skiff/agent.env; systemctl restart skiff-agent`;
      for (const name of names) {
        await on(name, set);
        await ready(name);
        await on(name, `for at in $(seq 60); do ${isThere} && ${ask} && exit; sleep 1; done; ipvsadm -Ln >&2; exit 1`);
      }
      await kubectl(['exec', pod, '--', ...fetched, `http://${service}/`]);
    };
    await change('ipvs', `ipvsadm -Ln | grep -q "TCP  ${service}:80 rr"`);
    await change('iptables', 'test "$(ipvsadm -Ln | grep -cE "TCP|UDP")" = 0');
    return service;
  });
  if (tools.smoke !== undefined) {
    const { images, run } = tools.smoke;
    await check("the smoke list of upstream's node conformance", async () => {
      for (const name of names) {
        await vagrant(['upload', images, '/var/tmp/images.tar', name]);
        await on(name, 'ctr -n k8s.io images import /var/tmp/images.tar >/dev/null; rm /var/tmp/images.tar');
      }
      return (await run()).trim().split('\n').at(-1);
    });
  }
  await check('an agent that hangs is started again by the watchdog; its pods are not touched', async () => {
    await kubectl(['apply', '-f', '-'], steadyPod(last));
    await kubectl(['wait', 'pod', 'steady', '--for=condition=Ready', '--timeout=120s']);
    const id = () => jsonpath(['get', 'pod', 'steady'], '.status.containerStatuses[*].containerID');
    const ids = await id();
    const pid = async () => (await on(last, 'systemctl show -P MainPID skiff-agent')).trim();
    const before = await pid();
    await on(last, `kill -STOP ${before}`);
    for (const deadline = Date.now() + 180_000; (await pid()) === before; await delay(3_000)) {
      if (Date.now() > deadline) throw new Error('it was not started again within 180 s');
    }
    await on(last, 'for i in $(seq 90); do systemctl -q is-active skiff-agent && exit; sleep 1; done; exit 1');
    await ready(last);
    same(await id(), ids, 'its container');
    return undefined;
  });
  await check(`vagrant reload ${last}: it comes back Ready, and pods with it`, async () => {
    await vagrant(['reload', last]);
    await ready(last);
    // Its pod may have been moved meanwhile: they are spread anew.
    await kubectl(['scale', 'deployment/hello', '--replicas=0']);
    await kubectl(['wait', 'pod', '-l', 'app=hello', '--for=delete', '--timeout=120s']);
    await kubectl(['scale', 'deployment/hello', `--replicas=${names.length}`]);
    await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=240s']);
    const where = await jsonpath(['get', 'pods', '-l', 'app=hello'], '.items[*].spec.nodeName');
    same(where.split(' ').sort(), [...names].sort(), 'where they run');
    await kubectl(['wait', 'pod', 'steady', '--for=condition=Ready', '--timeout=240s']);
    return undefined;
  });
  await check(`the control plane's machine is cut off from power and started again`, async () => {
    await kubectl(['create', 'configmap', 'kept', '--from-literal=a=b']);
    await virsh(['destroy', 'skiff-control']);
    await vagrant(['up', 'control']);
    same(await jsonpath(['get', 'configmap', 'kept'], '.data.a'), 'b', 'what was written before');
    await ready('control');
    await ready(last);
    return undefined;
  });
  await check(`${last} is lost: its pod is replaced elsewhere`, async () => {
    await virsh(['destroy', `skiff-${last}`]);
    await kubectl(['wait', 'node', last, '--for=condition=Ready=Unknown', '--timeout=120s']);
    for (const deadline = Date.now() + 180_000; ; await delay(2_000)) {
      const { items } = JSON.parse(await kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'json'])) as List<Pod>;
      const isReady = ({ status }: Pod) => status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
      const where = items.filter(isReady).map(({ spec }) => spec.nodeName);
      const rest = where.filter((name) => name !== last);
      if (rest.length >= names.length) return rest.join(' ');
      if (Date.now() > deadline) throw new Error(`pods run on ${where.join(' ')}`);
    }
  });
  await check(`vagrant up ${last}: it is back`, async () => {
    await vagrant(['up', last]);
    await ready(last);
    return undefined;
  });
  await check('vagrant destroy', async () => {
    await vagrant(['destroy', '-f', last]);
    const left = await jsonpath(['get', 'nodes'], '.items[*].metadata.name');
    await vagrant(['destroy', '-f']);
    same((await virsh(['list', '--all', '--name'])).trim(), '', 'machines that are left');
    same(left.includes(last), false, `whether ${last} is still a node`);
    return undefined;
  });
}

/** In a pod. (`wget -T` of Debian's busybox dies of a null pointer.) */
const fetched = ['timeout', '10', 'wget', '-q', '-O', '-'];

/** On one machine, and in no hurry to leave it. */
function steadyPod(nodeName: string): string {
  const containers = [{ name: 'c', image: 'skiff.local/tools:1', command: ['sleep', '100000'] }];
  const spec = { nodeName, terminationGracePeriodSeconds: 0, containers };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'steady' }, spec });
}

function workload(replicas: number): string {
  const labels = { app: 'hello' };
  const spread = { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' };
  const serve = 'mkdir -p /tmp/www && hostname >/tmp/www/index.html && exec httpd -f -p 80 -h /tmp/www';
  const patience = ['not-ready', 'unreachable'].map((what) => ({
    key: `node.kubernetes.io/${what}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 5,
  }));
  const container = {
    name: 'web',
    image: 'skiff.local/tools:1',
    command: ['sh', '-c', serve],
    ports: [{ containerPort: 80 }],
    readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 2, timeoutSeconds: 5 },
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '64Mi' } },
  };
  const spec = {
    terminationGracePeriodSeconds: 1,
    tolerations: patience,
    affinity: {
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: spread }] },
    },
    containers: [container],
  };
  const items = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'hello' },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hello' },
      spec: { selector: labels, ports: [{ port: 80 }] },
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
