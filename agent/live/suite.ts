// Real kernel rules, real plugins. Needs root and iptables, nftables, iproute2, conntrack, containernetworking-plugins
// and bind9-dnsutils (dig).
import { setTimeout as delay } from 'node:timers/promises';
import type { TestFn } from 'ava';
import type { ProxyMode } from '../proxy/backend.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../proxy/example.ts';
import { ask, createLab, type Lab, type LabPod, slower } from './lab.ts';

/** What pods, Services and names must do on two nodes of one segment, however the rules get into the kernel. */
export function networkSuite(test: TestFn, mode: ProxyMode): void {
  let lab: Lab;
  let pods: readonly [LabPod, LabPod, LabPod];

  test.before(async () => {
    lab = await createLab(2, `sk${process.pid}${mode.slice(0, 1)}`, mode);
    const objects = lab.nodes.map(({ name, ip, podCidr }) => ({
      metadata: { name, uid: name },
      spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
      status: { addresses: [{ type: 'InternalIP', address: ip }] },
    }));
    lab.feed({ put: 'nodes', objects });
    await Promise.all(lab.nodes.map((node) => node.ready));
    const [one, two] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]];
    pods = [await one.addPod('pod-a', 8080), await one.addPod('pod-b', 8080), await two.addPod('pod-c', 8080)];
  });
  test.after.always(async (t) => {
    if (process.env['LAB_LOG']) for (const node of lab.nodes) t.log(node.log());
    await lab?.[Symbol.asyncDispose]();
  });

  type Answers = readonly ({ readonly name: string; readonly peer: string } | string)[];
  type Runner = { run(file: string, args: readonly string[]): Promise<string> };
  async function asked(from: Runner, ...words: Parameters<typeof ask>): Promise<Answers> {
    return JSON.parse(await from.run(...ask(...words))) as Answers;
  }
  const outside: Runner = { run: (file, args) => lab.outside(file, args) };
  const namesIn = (answers: Answers) =>
    [...new Set(answers.map((one) => (typeof one === 'string' ? one : one.name)))].sort();

  async function publish(
    name: string,
    clusterIP: string,
    spec: Parameters<typeof exampleService>[1],
    backends: readonly LabPod[],
  ) {
    lab.feed({ put: 'services', objects: [exampleService(name, { clusterIP, ...spec })] });
    endpoints(name, spec?.ports?.[0]?.protocol ?? 'TCP', backends);
    await delay(200 * slower);
  }

  function endpoints(name: string, protocol: 'TCP' | 'UDP' | 'SCTP', backends: readonly LabPod[]) {
    const slice = exampleSlice(
      name,
      backends.map((pod) => exampleEndpoint(pod.ip, pod === pods[2] ? 'node-2' : 'node-1', { hostname: pod.name })),
      { ports: [{ name: 'http', protocol, port: 8080 }] },
    );
    lab.feed({ put: 'endpointSlices', objects: [slice] });
  }

  test.serial('pods reach pods of their node and of others under their own address', async (t) => {
    const [a, b, c] = pods;
    t.deepEqual(await asked(a, 'tcp', b.ip, 8080), [{ name: 'pod-b', peer: a.ip }]);
    t.deepEqual(await asked(a, 'tcp', c.ip, 8080), [{ name: 'pod-c', peer: a.ip }]);
    t.deepEqual(await asked(c, 'udp', a.ip, 8080), [{ name: 'pod-a', peer: c.ip }]);
    t.deepEqual(await asked(lab.nodes[0]!, 'tcp', c.ip, 8080), [{ name: 'pod-c', peer: '172.18.0.2' }]);
  });

  test.serial('a ClusterIP is answered by all targets, asked by pods and by nodes', async (t) => {
    await publish('spread', '10.96.1.1', {}, pods);
    t.deepEqual(namesIn(await asked(pods[2], 'tcp', '10.96.1.1', 80, 40)), ['pod-a', 'pod-b', 'pod-c']);
    for (const node of lab.nodes) {
      t.deepEqual(namesIn(await asked(node, 'tcp', '10.96.1.1', 80, 40)), ['pod-a', 'pod-b', 'pod-c']);
    }
  });

  test.serial('a pod reaches itself through its Service, and others see its own address', async (t) => {
    await publish('hairpin', '10.96.1.2', {}, [pods[0]]);
    t.deepEqual(await asked(pods[0], 'tcp', '10.96.1.2', 80), [{ name: 'pod-a', peer: '10.244.0.1' }]);
    t.deepEqual(await asked(pods[1], 'tcp', '10.96.1.2', 80), [{ name: 'pod-a', peer: pods[1].ip }]);
    t.deepEqual(await asked(pods[2], 'tcp', '10.96.1.2', 80), [{ name: 'pod-a', peer: pods[2].ip }]);
  });

  test.serial(
    'a node port answers on every node; under Local only where targets are, with the source kept',
    async (t) => {
      const ports = [examplePort({ nodePort: 30080 })];
      await publish('np', '10.96.1.3', { type: 'NodePort', ports }, [pods[2]]);
      for (const { ip } of lab.nodes) t.deepEqual(namesIn(await asked(outside, 'tcp', ip, 30080)), ['pod-c']);
      await publish('np', '10.96.1.3', { type: 'NodePort', ports, externalTrafficPolicy: 'Local' }, [pods[2]]);
      t.deepEqual(await asked(outside, 'tcp', '172.18.0.3', 30080), [{ name: 'pod-c', peer: '172.18.0.1' }]);
      t.deepEqual(await asked(outside, 'tcp', '172.18.0.2', 30080), ['TIMEOUT']);
      // Virtual servers do not look at who asks: there, what starts in the cluster is subject to the policy, too.
      if (mode === 'ipvs') return;
      t.deepEqual(namesIn(await asked(lab.nodes[0]!, 'tcp', '172.18.0.2', 30080)), ['pod-c']);
      t.deepEqual(namesIn(await asked(pods[0], 'tcp', '172.18.0.2', 30080)), ['pod-c']);
    },
  );

  test.serial('a Service without endpoints refuses, and so does what is no Service', async (t) => {
    await publish('empty', '10.96.1.4', {}, []);
    for (const from of [pods[0], lab.nodes[0]!]) {
      t.deepEqual(await asked(from, 'tcp', '10.96.1.4', 80), ['ECONNREFUSED']);
      t.deepEqual(await asked(from, 'tcp', '10.96.200.200', 80), ['ECONNREFUSED']);
      t.deepEqual(await asked(from, 'udp', '10.96.200.200', 80), [from === pods[0] ? 'ECONNREFUSED' : 'EPERM']);
    }
    t.regex(String(await asked(pods[0], 'tcp', '10.244.77.1', 80)), /EHOSTUNREACH|ENETUNREACH/);
  });

  test.serial('session affinity keeps a client with its target', async (t) => {
    await publish('sticky', '10.96.1.5', { sessionAffinity: 'ClientIP' }, pods);
    t.is(namesIn(await asked(pods[2], 'tcp', '10.96.1.5', 80, 20)).length, 1);
  });

  test.serial('under internalTrafficPolicy Local only targets of the same node answer', async (t) => {
    await publish('near', '10.96.1.9', { internalTrafficPolicy: 'Local' }, [pods[0], pods[2]]);
    t.deepEqual(namesIn(await asked(pods[1], 'tcp', '10.96.1.9', 80, 10)), ['pod-a']);
    await publish('near', '10.96.1.9', { internalTrafficPolicy: 'Local' }, [pods[2]]);
    t.deepEqual(await asked(pods[1], 'tcp', '10.96.1.9', 80), ['TIMEOUT']);
    t.deepEqual(namesIn(await asked(pods[2], 'tcp', '10.96.1.9', 80)), ['pod-c']);
  });

  test.serial('external and load balancer addresses answer, the latter to whom they are open', async (t) => {
    for (const ip of ['192.0.2.7', '192.0.2.8']) {
      await lab.outside('ip', ['route', 'replace', `${ip}/32`, 'via', '172.18.0.2']);
    }
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } };
    const spec = { clusterIP: '10.96.1.10', type: 'LoadBalancer', externalIPs: ['192.0.2.7'] } as const;
    const open = async (...loadBalancerSourceRanges: readonly string[]) => {
      const service = exampleService('outer', { ...spec, loadBalancerSourceRanges }, { status });
      lab.feed({ put: 'services', objects: [service] });
      endpoints('outer', 'TCP', [pods[2]]);
      await delay(200 * slower);
    };
    await open();
    t.deepEqual(namesIn(await asked(outside, 'tcp', '192.0.2.7', 80)), ['pod-c']);
    t.deepEqual(namesIn(await asked(outside, 'tcp', '192.0.2.8', 80)), ['pod-c']);
    await open('198.51.100.0/24');
    t.deepEqual(await asked(outside, 'tcp', '192.0.2.8', 80), ['TIMEOUT']);
    t.deepEqual(namesIn(await asked(outside, 'tcp', '192.0.2.7', 80)), ['pod-c']);
    await open('198.51.100.0/24', '172.18.0.0/24');
    t.deepEqual(namesIn(await asked(outside, 'tcp', '192.0.2.8', 80)), ['pod-c']);
  });

  test.serial('the health check node port says whether this node has targets', async (t) => {
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30999 } as const;
    await publish('checked', '10.96.1.11', spec, [pods[2]]);
    const statusOf = async (ip: string) => {
      const program = `fetch('http://${ip}:30999/').then(async (r) => console.log(r.status, await r.text()))`;
      return await lab.outside(process.execPath, ['-e', program]);
    };
    t.regex(await statusOf('172.18.0.2'), /^503 .*"localEndpoints":0/);
    t.regex(await statusOf('172.18.0.3'), /^200 .*"name":"checked".*"localEndpoints":1/);
  });

  test.serial('what leaves the cluster has the address of its node', async (t) => {
    t.deepEqual(await asked(pods[0], 'tcp', '172.18.0.1', 9000), [{ name: 'outside', peer: '172.18.0.2' }]);
    t.deepEqual(await asked(pods[2], 'udp', '172.18.0.1', 9000), [{ name: 'outside', peer: '172.18.0.3' }]);
  });

  test.serial('a UDP client moves on when its target goes', async (t) => {
    const ports = [examplePort({ protocol: 'UDP' })];
    await publish('udp', '10.96.1.6', { ports }, [pods[0]]);
    t.deepEqual(namesIn(await asked(pods[1], 'udp', '10.96.1.6', 80, 1, 45000)), ['pod-a']);
    await publish('udp', '10.96.1.6', { ports }, [pods[2]]);
    t.deepEqual(namesIn(await asked(pods[1], 'udp', '10.96.1.6', 80, 1, 45000)), ['pod-c']);
    await publish('udp', '10.96.1.6', { ports }, []);
    t.deepEqual(await asked(pods[1], 'udp', '10.96.1.6', 80, 1, 45000), ['ECONNREFUSED']);
    await publish('udp', '10.96.1.6', { ports }, [pods[0]]);
    t.deepEqual(namesIn(await asked(pods[1], 'udp', '10.96.1.6', 80, 1, 45000)), ['pod-a']);
  });

  test.serial('DNS answers on every node, over UDP and TCP', async (t) => {
    await publish('named', '10.96.1.8', {}, [pods[0]]);
    lab.feed({ put: 'services', objects: [exampleService('less', { clusterIP: 'None' })] });
    endpoints('less', 'TCP', pods);
    await delay(100 * slower);
    const dig = async (from: Runner, ...words: string[]) =>
      (await from.run('dig', ['@10.96.0.10', '+short', '+tries=1', '+time=1', ...words])).trim().split('\n').sort();
    for (const from of [...pods, ...lab.nodes]) {
      t.deepEqual(await dig(from, 'named.default.svc.cluster.local'), ['10.96.1.8']);
      t.deepEqual(await dig(from, '+tcp', 'named.default.svc.cluster.local'), ['10.96.1.8']);
    }
    t.deepEqual(await dig(pods[0], 'less.default.svc.cluster.local'), pods.map(({ ip }) => ip).sort());
    t.deepEqual(await dig(pods[0], 'pod-c.less.default.svc.cluster.local'), [pods[2].ip]);
    t.deepEqual(await dig(pods[0], '-x', '10.96.1.8'), ['named.default.svc.cluster.local.']);
    t.deepEqual(await dig(pods[0], 'SRV', '_http._tcp.named.default.svc.cluster.local'), [
      '0 100 80 named.default.svc.cluster.local.',
    ]);
    const outsideName = await pods[0].run('dig', ['@10.96.0.10', '+tries=1', '+time=1', 'example.org']);
    t.regex(outsideName, /status: SERVFAIL/);
    t.regex(await pods[0].run('dig', ['@10.96.0.10', 'nope.default.svc.cluster.local']), /status: NXDOMAIN/);
  });

  test.serial('rules that somebody else flushed come back', async (t) => {
    await publish('healed', '10.96.1.7', {}, [pods[0]]);
    if (mode === 'iptables') await lab.nodes[0]!.run('iptables', ['-t', 'nat', '-F']);
    else if (mode === 'ipvs') await lab.nodes[0]!.run('ipvsadm', ['--clear']);
    else await lab.nodes[0]!.run('/usr/sbin/nft', ['flush', 'ruleset']);
    await delay((mode === 'ipvs' ? 7_000 : 1_000) * slower); // of servers that went nobody tells
    t.deepEqual(namesIn(await asked(pods[1], 'tcp', '10.96.1.7', 80)), ['pod-a']);
  });

  test.serial('nothing had to be tried twice', (t) => {
    for (const node of lab.nodes) t.notRegex(node.log(), /Could not|Reconcile failed|has ended/);
  });

  test.serial('removeNetwork() leaves nothing of ours, and nothing else changed', async (t) => {
    const node = lab.nodes[1]!;
    await node.run('iptables', ['-A', 'INPUT', '-s', '192.0.2.0/24', '-j', 'DROP']);
    await node.remove();
    const inNode = (...words: string[]) => lab.inside(node, 'sh', ['-c', words.join(' ')]);
    t.is(await inNode('iptables-save | grep -E "KUBE|SKIFF" || true'), '');
    t.notRegex(await inNode('/usr/sbin/nft list tables'), /kube-proxy/);
    if (mode === 'ipvs') t.is(await inNode('ipvsadm --save; ipset list -name; ip link | grep skiff-ipvs || true'), '');
    t.regex(await inNode('iptables-save -t filter'), /-A INPUT -s 192\.0\.2\.0\/24 -j DROP/);
    t.is(await inNode('ip route show proto 75; ip route show type unreachable proto 75'), '');
    t.notRegex(await inNode('ip address show lo'), /10\.96\.0\.10/);
    t.notRegex(await inNode('ip link'), /cni0/);
  });
}
