import test from 'ava';
import type { Container, PodSpec } from '#lib/api/types/core.v1.ts';
import { detailOf, violationsOf } from './evaluate.ts';
import type { Level } from './policy.ts';

const latest = Number.POSITIVE_INFINITY;
/** Nothing to complain of at any level. */
const secure = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' as const },
};
const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'i', ...more });
const one = (securityContext: Container['securityContext']): Partial<PodSpec> => ({
  containers: [container('a', { securityContext: { ...secure, ...securityContext } })],
});
const two = (securityContext: Container['securityContext']): Partial<PodSpec> => ({
  initContainers: [container('i', { securityContext: { ...secure, ...securityContext } })],
  containers: [container('a', { securityContext: { ...secure, ...securityContext } })],
});

interface Case {
  readonly spec?: Partial<PodSpec>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly minor?: number;
}

const says = test.macro<[Level, Case, string]>({
  title: (title) => `violationsOf() ${title}`,
  exec(t, level, { spec = {}, annotations = {}, minor = latest }, detail) {
    const pod = { annotations, spec: { ...one({}), ...spec } as PodSpec };
    t.is(detailOf(violationsOf({ level, minor }, pod)), detail);
  },
});
const baseline = (title: string, given: Case, detail: string): void =>
  test(`baseline: ${title}`, says, 'baseline', given, detail);
const restricted = (title: string, given: Case, detail: string): void =>
  test(`restricted: ${title}`, says, 'restricted', given, detail);

restricted('has nothing against a careful pod', {}, '');
test('privileged allows all', says, 'privileged', { spec: { hostNetwork: true } }, '');

baseline(
  'AppArmor',
  {
    spec: {
      ...one({ appArmorProfile: { type: 'Unconfined' } }),
      securityContext: { appArmorProfile: { type: 'Unconfined' } },
    },
  },
  'forbidden AppArmor profile (pod and container "a" must not set AppArmor profile type to "Unconfined")',
);
baseline(
  'AppArmor in annotations',
  { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' } },
  'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a=\\"unconfined\\"")',
);
baseline(
  'AppArmor allowed',
  { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'localhost/x' } },
  '',
);
baseline(
  'capabilities',
  { spec: two({ capabilities: { add: ['SYS_TIME', 'CHOWN', 'NET_ADMIN'] } }) },
  'non-default capabilities (containers "i", "a" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
);
baseline(
  'host namespaces',
  { spec: { hostNetwork: true, hostPID: true, hostIPC: true } },
  'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
);
baseline(
  'host paths',
  {
    spec: {
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'w', emptyDir: {} },
      ],
    },
  },
  'hostPath volumes (volume "v")',
);
baseline(
  'host ports',
  {
    spec: {
      containers: [
        container('a', {
          ports: [
            { containerPort: 1, hostPort: 80 },
            { containerPort: 2, hostPort: 90 },
          ],
        }),
      ],
    },
  },
  'hostPort (container "a" uses hostPorts 80, 90)',
);
const probed = {
  containers: [
    container('a', {
      livenessProbe: { httpGet: { port: 1, host: 'h' } },
      lifecycle: { preStop: { tcpSocket: { port: 1, host: 'g' } } },
    }),
  ],
};
baseline(
  'hosts of probes',
  { spec: probed },
  'probe or lifecycle host (container "a" uses probe or lifecycle hosts "g", "h")',
);
baseline('hosts of probes before 1.34', { spec: probed, minor: 33 }, '');
baseline(
  'privileged containers',
  { spec: one({ privileged: true }) },
  'privileged (container "a" must not set securityContext.privileged=true)',
);
baseline(
  'proc',
  { spec: one({ procMount: 'Unmasked' }) },
  'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
);
baseline('proc with users of its own', { spec: { ...one({ procMount: 'Unmasked' }), hostUsers: false } }, '');
baseline(
  'proc with users of its own before 1.35',
  { spec: { ...one({ procMount: 'Unmasked' }), hostUsers: false }, minor: 34 },
  'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
);
baseline(
  'SELinux',
  {
    spec: {
      ...one({ seLinuxOptions: { type: 'bad_t' } }),
      securityContext: { seLinuxOptions: { user: 'u', role: 'r' } },
    },
  },
  'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "bad_t"; user may not be set; role may not be set)',
);
baseline('SELinux types', { spec: one({ seLinuxOptions: { type: 'container_engine_t' } }) }, '');
baseline(
  'SELinux types before 1.31',
  { spec: one({ seLinuxOptions: { type: 'container_engine_t' } }), minor: 30 },
  'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
);
baseline(
  'seccomp',
  {
    spec: {
      ...one({ seccompProfile: { type: 'Unconfined' } }),
      securityContext: { seccompProfile: { type: 'Unconfined' } },
    },
  },
  'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
);
baseline(
  'seccomp in annotations before 1.19',
  { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }, minor: 18 },
  'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
);
const sysctl = (...names: readonly string[]) => ({
  spec: { securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) } },
});
baseline(
  'sysctls',
  sysctl('kernel.msgmax', 'net.ipv4.tcp_rmem', 'kernel.sem'),
  'forbidden sysctls (kernel.msgmax, kernel.sem)',
);
baseline(
  'sysctls before 1.32',
  { ...sysctl('net.ipv4.tcp_rmem', 'net.ipv4.tcp_fin_timeout'), minor: 31 },
  'forbidden sysctls (net.ipv4.tcp_rmem)',
);
baseline(
  'host processes',
  {
    spec: {
      ...one({ windowsOptions: { hostProcess: true } }),
      securityContext: { windowsOptions: { hostProcess: true } },
    },
  },
  'hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)',
);
baseline(
  'all in order',
  { spec: { ...one({ privileged: true }), hostPID: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] } },
  'host namespaces (hostPID=true), hostPath volumes (volume "v"), privileged (container "a" must not set securityContext.privileged=true)',
);

restricted(
  'a plain pod',
  { spec: { containers: [container('c')] } },
  'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
);
restricted(
  'a plain pod on Windows',
  { spec: { containers: [container('c')], os: { name: 'windows' } } },
  'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
);
restricted(
  'capabilities, once',
  { spec: one({ capabilities: { drop: ['ALL'], add: ['SYS_TIME', 'NET_BIND_SERVICE'] } }) },
  'unrestricted capabilities (container "a" must not include "SYS_TIME" in securityContext.capabilities.add)',
);
restricted(
  'volumes, once',
  {
    spec: {
      volumes: [
        { name: 'v', hostPath: { path: '/' } },
        { name: 'w', nfs: { server: 's', path: '/' } },
      ],
    },
  },
  'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")',
);
restricted(
  'volumes of no known type',
  { spec: { volumes: [{ name: 'v', image: { reference: 'i' } }] } },
  'restricted volume types (volume "v" uses restricted volume type "unknown")',
);
restricted(
  'root by name',
  { spec: { ...one({ runAsNonRoot: false }), securityContext: { runAsNonRoot: false } } },
  'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)',
);
restricted(
  'root by number',
  { spec: { ...one({ runAsUser: 0 }), securityContext: { runAsUser: 0 } } },
  'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
);
restricted(
  'root with users of its own',
  { spec: { ...one({ runAsUser: 0, runAsNonRoot: false }), hostUsers: false } },
  '',
);
restricted(
  'seccomp, once',
  { spec: one({ seccompProfile: { type: 'Unconfined' } }) },
  'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
);
restricted(
  'what the pod says for its containers',
  {
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } },
      containers: [
        container('a', { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }),
      ],
    },
  },
  '',
);
restricted(
  'proc with users of its own',
  { spec: { ...one({ procMount: 'Unmasked' }), hostUsers: false } },
  'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
);
restricted(
  'nothing yet in 1.0 but root',
  { spec: { containers: [container('c')] }, minor: 0 },
  'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
);
