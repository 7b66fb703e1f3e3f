// Real kernel rules, real plugins. Needs root and iptables, nftables, iproute2, conntrack, containernetworking-plugins
// and bind9-dnsutils (dig).
import { once } from 'node:events';
import type { ExecutionContext, TestFn } from 'ava';
import type { ProxyMode } from '../proxy/backend.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../proxy/example.ts';
import { becomes, until } from './becomes.ts';
import { ask, createLab, type Lab, type LabPod } from './lab.ts';

import { sctpAsk, sctpEcho } from './sctp.ts';

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
  /** Rules follow a moment after what they are made of. */
  async function answers(t: ExecutionContext, expected: Answers, from: Runner, ...words: Parameters<typeof ask>) {
    t.deepEqual(await becomes(() => asked(from, ...words), expected), expected);
  }
  async function names(
    t: ExecutionContext,
    expected: readonly string[],
    from: Runner,
    ...words: Parameters<typeof ask>
  ) {
    t.deepEqual(await becomes(async () => namesIn(await asked(from, ...words)), [...expected]), [...expected]);
  }
  const namesIn = (answers: Answers) =>
    [...new Set(answers.map((one) => (typeof one === 'string' ? one : one.name)))].sort();

  function publish(
    name: string,
    clusterIP: string,
    spec: Parameters<typeof exampleService>[1],
    backends: readonly LabPod[],
  ) {
    lab.feed({ put: 'services', objects: [exampleService(name, { clusterIP, ...spec })] });
    endpoints(name, spec?.ports?.[0]?.protocol ?? 'TCP', backends);
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
    publish('spread', '10.96.1.1', {}, pods);
    await names(t, ['pod-a', 'pod-b', 'pod-c'], pods[2], 'tcp', '10.96.1.1', 80, 40);
    for (const node of lab.nodes) {
      await names(t, ['pod-a', 'pod-b', 'pod-c'], node, 'tcp', '10.96.1.1', 80, 40);
    }
  });

  test.serial('a pod reaches itself through its Service, and others see its own address', async (t) => {
    publish('hairpin', '10.96.1.2', {}, [pods[0]]);
    await answers(t, [{ name: 'pod-a', peer: '10.244.0.1' }], pods[0], 'tcp', '10.96.1.2', 80);
    await answers(t, [{ name: 'pod-a', peer: pods[1].ip }], pods[1], 'tcp', '10.96.1.2', 80);
    await answers(t, [{ name: 'pod-a', peer: pods[2].ip }], pods[2], 'tcp', '10.96.1.2', 80);
  });

  test.serial(
    'a node port answers on every node; under Local only where targets are, with the source kept',
    async (t) => {
      const ports = [examplePort({ nodePort: 30080 })];
      publish('np', '10.96.1.3', { type: 'NodePort', ports }, [pods[2]]);
      for (const { ip } of lab.nodes) await names(t, ['pod-c'], outside, 'tcp', ip, 30080);
      publish('np', '10.96.1.3', { type: 'NodePort', ports, externalTrafficPolicy: 'Local' }, [pods[2]]);
      await answers(t, [{ name: 'pod-c', peer: '172.18.0.1' }], outside, 'tcp', '172.18.0.3', 30080);
      await answers(t, ['TIMEOUT'], outside, 'tcp', '172.18.0.2', 30080);
      // Virtual servers do not look at who asks: there, what starts in the cluster is subject to the policy, too.
      if (mode === 'ipvs') return;
      await names(t, ['pod-c'], lab.nodes[0]!, 'tcp', '172.18.0.2', 30080);
      await names(t, ['pod-c'], pods[0], 'tcp', '172.18.0.2', 30080);
    },
  );

  test.serial('a Service without endpoints refuses, and so does what is no Service', async (t) => {
    publish('empty', '10.96.1.4', {}, []);
    for (const from of [pods[0], lab.nodes[0]!]) {
      await answers(t, ['ECONNREFUSED'], from, 'tcp', '10.96.1.4', 80);
      t.deepEqual(await asked(from, 'tcp', '10.96.200.200', 80), ['ECONNREFUSED']);
      t.deepEqual(await asked(from, 'udp', '10.96.200.200', 80), [from === pods[0] ? 'ECONNREFUSED' : 'EPERM']);
    }
    t.regex(String(await asked(pods[0], 'tcp', '10.244.77.1', 80)), /EHOSTUNREACH|ENETUNREACH/);
  });

  test.serial('session affinity keeps a client with its target', async (t) => {
    publish('sticky', '10.96.1.5', { sessionAffinity: 'ClientIP' }, pods);
    await until(
      async () => namesIn(await asked(pods[2], 'tcp', '10.96.1.5', 80)),
      ([name]) => name!.startsWith('pod-'),
    );
    t.is(namesIn(await asked(pods[2], 'tcp', '10.96.1.5', 80, 20)).length, 1);
  });

  test.serial('under internalTrafficPolicy Local only targets of the same node answer', async (t) => {
    publish('near', '10.96.1.9', { internalTrafficPolicy: 'Local' }, [pods[0], pods[2]]);
    await names(t, ['pod-a'], pods[1], 'tcp', '10.96.1.9', 80, 10);
    publish('near', '10.96.1.9', { internalTrafficPolicy: 'Local' }, [pods[2]]);
    await answers(t, ['TIMEOUT'], pods[1], 'tcp', '10.96.1.9', 80);
    await names(t, ['pod-c'], pods[2], 'tcp', '10.96.1.9', 80);
  });

  test.serial('external and load balancer addresses answer, the latter to whom they are open', async (t) => {
    for (const ip of ['192.0.2.7', '192.0.2.8']) {
      await lab.outside('ip', ['route', 'replace', `${ip}/32`, 'via', '172.18.0.2']);
    }
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } };
    const spec = { clusterIP: '10.96.1.10', type: 'LoadBalancer', externalIPs: ['192.0.2.7'] } as const;
    const open = (...loadBalancerSourceRanges: readonly string[]) => {
      const service = exampleService('outer', { ...spec, loadBalancerSourceRanges }, { status });
      lab.feed({ put: 'services', objects: [service] });
      endpoints('outer', 'TCP', [pods[2]]);
    };
    open();
    await names(t, ['pod-c'], outside, 'tcp', '192.0.2.7', 80);
    await names(t, ['pod-c'], outside, 'tcp', '192.0.2.8', 80);
    open('198.51.100.0/24');
    await answers(t, ['TIMEOUT'], outside, 'tcp', '192.0.2.8', 80);
    await names(t, ['pod-c'], outside, 'tcp', '192.0.2.7', 80);
    open('198.51.100.0/24', '172.18.0.0/24');
    await names(t, ['pod-c'], outside, 'tcp', '192.0.2.8', 80);
  });

  test.serial('the health check node port says whether this node has targets', async (t) => {
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30999 } as const;
    publish('checked', '10.96.1.11', spec, [pods[2]]);
    const statusOf = async (ip: string) => {
      const program = `fetch('http://${ip}:30999/').then(async (r) => console.log(r.status, await r.text()), () => {})`; // nobody listens yet
      return await lab.outside(process.execPath, ['-e', program]);
    };
    const says = async (ip: string, right: RegExp) =>
      t.regex(
        await until(
          () => statusOf(ip),
          (text) => right.test(text),
        ),
        right,
      );
    await says('172.18.0.2', /^503 .*"localEndpoints":0/);
    await says('172.18.0.3', /^200 .*"name":"checked".*"localEndpoints":1/);
  });

  test.serial('what leaves the cluster has the address of its node', async (t) => {
    t.deepEqual(await asked(pods[0], 'tcp', '172.18.0.1', 9000), [{ name: 'outside', peer: '172.18.0.2' }]);
    t.deepEqual(await asked(pods[2], 'udp', '172.18.0.1', 9000), [{ name: 'outside', peer: '172.18.0.3' }]);
  });

  test.serial('a UDP client moves on when its target goes', async (t) => {
    const ports = [examplePort({ protocol: 'UDP' })];
    publish('udp', '10.96.1.6', { ports }, [pods[0]]);
    await names(t, ['pod-a'], pods[1], 'udp', '10.96.1.6', 80, 1, 45000);
    publish('udp', '10.96.1.6', { ports }, [pods[2]]);
    await names(t, ['pod-c'], pods[1], 'udp', '10.96.1.6', 80, 1, 45000);
    publish('udp', '10.96.1.6', { ports }, []);
    await answers(t, ['ECONNREFUSED'], pods[1], 'udp', '10.96.1.6', 80, 1, 45000);
    publish('udp', '10.96.1.6', { ports }, [pods[0]]);
    await names(t, ['pod-a'], pods[1], 'udp', '10.96.1.6', 80, 1, 45000);
  });

  if (mode !== 'ipvs') {
    test.serial('SCTP goes through a ClusterIP and a node port', async (t) => {
      const ports = [examplePort({ protocol: 'SCTP', nodePort: 30082 })];
      for (const pod of [pods[0], pods[2]]) {
        const echo = pod.start(...sctpEcho(pod.name, 8080));
        await once(echo.stdout!, 'data');
      }
      let fromPort = 20_000; // a new flow each time
      const asks = async (from: Runner, host: string, port: number) => {
        const ask = async () => (await from.run(...sctpAsk(host, port, fromPort++))).split(' ');
        return until(ask, ([name]) => name !== '');
      };
      publish('sctp', '10.96.1.12', { type: 'NodePort', ports }, [pods[2]]);
      t.deepEqual(await asks(pods[0], '10.96.1.12', 80), ['pod-c', pods[0].ip]);
      t.deepEqual((await asks(lab.nodes[0]!, '10.96.1.12', 80))[0], 'pod-c');
      for (const { ip } of lab.nodes) t.deepEqual((await asks(outside, ip, 30082))[0], 'pod-c');
      publish('sctp', '10.96.1.12', { type: 'NodePort', ports, externalTrafficPolicy: 'Local' }, [pods[0]]);
      const [near] = lab.nodes as [Lab['nodes'][0]];
      const kept = async () => (await outside.run(...sctpAsk(near.ip, 30082, fromPort++))).split(' ');
      t.deepEqual(await becomes(kept, ['pod-a', '172.18.0.1']), ['pod-a', '172.18.0.1']);
    });
  }

  test.serial('DNS answers on every node, over UDP and TCP', async (t) => {
    publish('named', '10.96.1.8', {}, [pods[0]]);
    lab.feed({ put: 'services', objects: [exampleService('less', { clusterIP: 'None' })] });
    endpoints('less', 'TCP', pods);
    const dig = async (from: Runner, ...words: string[]) =>
      (await from.run('dig', ['@10.96.0.10', '+short', '+tries=1', '+time=1', ...words])).trim().split('\n').sort();
    const digs = async (expected: readonly string[], from: Runner, ...words: string[]) =>
      t.deepEqual(await becomes(() => dig(from, ...words), [...expected]), [...expected]);
    for (const from of [...pods, ...lab.nodes]) {
      await digs(['10.96.1.8'], from, 'named.default.svc.cluster.local');
      await digs(['10.96.1.8'], from, '+tcp', 'named.default.svc.cluster.local');
    }
    await digs(pods.map(({ ip }) => ip).sort(), pods[0], 'less.default.svc.cluster.local');
    await digs([pods[2].ip], pods[0], 'pod-c.less.default.svc.cluster.local');
    t.deepEqual(await dig(pods[0], '-x', '10.96.1.8'), ['named.default.svc.cluster.local.']);
    t.deepEqual(await dig(pods[0], 'SRV', '_http._tcp.named.default.svc.cluster.local'), [
      '0 100 80 named.default.svc.cluster.local.',
    ]);
    const outsideName = await pods[0].run('dig', ['@10.96.0.10', '+tries=1', '+time=1', 'example.org']);
    t.regex(outsideName, /status: SERVFAIL/);
    t.regex(await pods[0].run('dig', ['@10.96.0.10', 'nope.default.svc.cluster.local']), /status: NXDOMAIN/);
  });

  test.serial(
    'whoever has endpoints for the address of cluster DNS answers there; nobody left, the node itself does again',
    async (t) => {
      const ports = [examplePort({ protocol: 'UDP', port: 53 })];
      publish('kube-dns', '10.96.0.10', { ports }, [pods[2]]);
      for (const from of [pods[0], ...lab.nodes]) await names(t, ['pod-c'], from, 'udp', '10.96.0.10', 53, 1, 45_053);
      endpoints('kube-dns', 'UDP', []);
      const version = 'dns-version.cluster.local';
      const dig = (from: Runner) =>
        from.run('dig', ['@10.96.0.10', '-b', '0.0.0.0#45053', '+short', '+tries=1', '+time=1', 'TXT', version]);
      for (const from of [pods[0], ...lab.nodes]) {
        const said = async () => (await dig(from).catch(() => '')).trim();
        t.is(await becomes(said, '"1.1.0"'), '"1.1.0"');
      }
    },
  );

  test.serial('nothing had to be tried twice', (t) => {
    for (const node of lab.nodes) t.notRegex(node.log(), /Could not|Reconcile failed|has ended/);
  });

  test.serial('rules that somebody else flushed come back', async (t) => {
    publish('healed', '10.96.1.7', {}, [pods[0]]);
    if (mode === 'iptables') await lab.nodes[0]!.run('iptables', ['-t', 'nat', '-F']);
    else if (mode === 'ipvs') await lab.nodes[0]!.run('ipvsadm', ['--clear']);
    else await lab.nodes[0]!.run('/usr/sbin/nft', ['flush', 'ruleset']);
    await names(t, ['pod-a'], pods[1], 'tcp', '10.96.1.7', 80);
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
