// What containers see and may: their variables, their users, their kernel settings.
import { configMaps, secrets } from '#lib/api/resources.ts';
import { testCluster } from '../../live/cluster.ts';
import { shell, soon, spec } from './support/node-space.ts';

const printable = ['', 'p_', '1-', 'a.b.', '#', '%$&', 'with space '];
const data = { data_1: 'value-1', 'key.two': 'value-2' };
const pairs = printable.flatMap((prefix) => Object.entries(data).map(([key, value]) => `${prefix}${key}=${value}`));

spec(
  '[sig-node] ConfigMap should be consumable as environment variable names with various prefixes [Conformance]',
  async ({ client, namespace, outputOf }, t) => {
    await client.create(configMaps, { metadata: { name: 'vars', namespace }, data }, soon());
    const envFrom = printable.map((prefix) => ({ prefix, configMapRef: { name: 'vars' } }));
    const lines = (await outputOf('reader', { containers: [shell('', { command: ['env'], envFrom })] })).split('\n');
    for (const pair of pairs) t.true(lines.includes(pair), pair);
  },
);

spec(
  '[sig-node] Secrets should be consumable as environment variable names variable names with various prefixes [Conformance]',
  async ({ client, namespace, outputOf }, t) => {
    await client.create(secrets, { metadata: { name: 'vars', namespace }, stringData: data }, soon());
    const envFrom = printable.map((prefix) => ({ prefix, secretRef: { name: 'vars' } }));
    const lines = (await outputOf('reader', { containers: [shell('', { command: ['env'], envFrom })] })).split('\n');
    for (const pair of pairs) t.true(lines.includes(pair), pair);
  },
);

spec(
  '[sig-node] ConfigMap should update ConfigMap successfully [Conformance] [NodeConformance]',
  async ({ client, namespace }, t) => {
    const at = { namespace, name: 'changing' };
    await client.create(configMaps, { metadata: at, data: { a: '1' } }, soon());
    const now = await client.get(configMaps, at, soon());
    await client.update(configMaps, { ...now, data: { a: '2', b: '3' } }, soon());
    t.deepEqual((await client.get(configMaps, at, soon())).data, { a: '2', b: '3' });
  },
);

spec(
  '[sig-node] Downward API should provide hostIPs as an env var [Conformance] [NodeConformance]',
  async ({ outputOf, when }, t) => {
    const env = [{ name: 'HOST_IPS', valueFrom: { fieldRef: { fieldPath: 'status.hostIPs' } } }];
    const output = await outputOf('hosts', { containers: [shell('echo "$HOST_IPS"', { env })] });
    const {
      status,
      spec: { nodeName },
    } = await when('hosts', 'there', () => true);
    t.is(output.trim(), (status.hostIPs ?? []).map(({ ip }) => ip).join(','));
    t.is(output.trim().split(',')[0], testCluster().layout.nodes.find(({ name }) => name === nodeName)?.ip);
  },
);

const whoAmI = 'echo "$(id -u) $(id -g)"';

spec(
  '[sig-node] Security Context should support container.SecurityContext.RunAsUser And container.SecurityContext.RunAsGroup [LinuxOnly] [Conformance]',
  async ({ outputOf }, t) => {
    const containers = [shell(whoAmI, { securityContext: { runAsUser: 1001, runAsGroup: 2002 } })];
    t.is((await outputOf('own', { containers, securityContext: { runAsUser: 1, runAsGroup: 2 } })).trim(), '1001 2002');
  },
);

spec(
  '[sig-node] Security Context should support pod.Spec.SecurityContext.RunAsUser And pod.Spec.SecurityContext.RunAsGroup [LinuxOnly] [Conformance]',
  async ({ outputOf }, t) => {
    const securityContext = { runAsUser: 1001, runAsGroup: 2002 };
    t.is((await outputOf('shared', { containers: [shell(whoAmI)], securityContext })).trim(), '1001 2002');
  },
);

spec(
  '[sig-node] Sysctls [LinuxOnly] should support sysctls [Environment:NotInUserNS] [Conformance] [NodeConformance]',
  async ({ outputOf }, t) => {
    const containers = [shell('cat /proc/sys/kernel/shm_rmid_forced')];
    const sysctls = (name: string) => ({ sysctls: [{ name, value: '1' }] });
    t.is((await outputOf('dots', { containers, securityContext: sysctls('kernel.shm_rmid_forced') })).trim(), '1');
    t.is((await outputOf('slashes', { containers, securityContext: sysctls('kernel/shm_rmid_forced') })).trim(), '1');
  },
);

spec(
  '[sig-node] Sysctls [LinuxOnly] should reject invalid sysctls [Conformance] [NodeConformance]',
  async ({ createPod }, t) => {
    const names = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'];
    const sysctls = names.map((name) => ({ name, value: '1000000' }));
    const error = await t.throwsAsync(createPod('wrong', { securityContext: { sysctls } }), { name: 'StatusError' });
    t.regex(error.message, /spec\.securityContext\.sysctls\[0\]\.name: Invalid value: "foo-"/);
    t.regex(error.message, /spec\.securityContext\.sysctls\[3\]\.name: Invalid value: "bar\.\."/);
    t.notRegex(error.message, /kernel\.shmmax|safe-and-unsafe/);
  },
);
