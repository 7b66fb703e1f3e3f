import type { PortMapping, SandboxConfig, UserNamespace } from '#cri/config.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { sandboxAnnotations, sandboxLabels } from './annotations.ts';
import { type DnsFacts, dnsConfigOf } from './dns-config.ts';
import { hostnameOf, kernelName } from './hostname.ts';
import { podLogDirectory } from './paths.ts';
import { namespaceOptions, selinuxOf, supplementalGroupsOf } from './security.ts';

export interface SandboxFacts extends DnsFacts {
  readonly pod: Pod;
  readonly attempt: number;
  readonly cgroupParent: string;
  readonly users: UserNamespace;
  readonly podLogsDir?: string | undefined;
}

/** @throws {Error} if its name cannot be one */
export function sandboxConfigOf(facts: SandboxFacts): SandboxConfig {
  const { pod, attempt, cgroupParent } = facts;
  const { spec, metadata } = pod;
  const security = spec.securityContext;
  const { runAsUser, runAsGroup, seLinuxOptions } = security ?? {};
  return {
    metadata: { name: metadata.name, namespace: metadata.namespace ?? 'default', uid: metadata.uid ?? '', attempt },
    hostname: spec.hostNetwork ? '' : kernelName(hostnameOf(pod, facts.clusterDomain)),
    logDirectory: podLogDirectory(pod, facts.podLogsDir),
    dnsConfig: dnsConfigOf(pod, facts),
    portMappings: spec.hostNetwork ? [] : portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: sandboxAnnotations(pod),
    linux: {
      cgroupParent,
      sysctls: Object.fromEntries(
        (security?.sysctls ?? []).map(({ name, value }) => [name.replaceAll('/', '.'), value]),
      ),
      securityContext: {
        namespaceOptions: { ...namespaceOptions(pod), usernsOptions: facts.users },
        privileged: [...spec.containers, ...(spec.initContainers ?? [])].some(
          (container) => container.securityContext?.privileged === true,
        ),
        supplementalGroups: supplementalGroupsOf(pod),
        ...(security?.supplementalGroupsPolicy === 'Strict' ? { supplementalGroupsPolicy: 'Strict' } : {}),
        seccomp: { profileType: 'RuntimeDefault' }, // whatever its containers have: it does nothing but wait
        ...(runAsUser === undefined ? {} : { runAsUser: { value: runAsUser } }),
        ...(runAsUser === undefined || runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }),
        ...(seLinuxOptions === undefined ? {} : { selinuxOptions: selinuxOf(seLinuxOptions) }),
      },
    },
  };
}

function portMappings({ spec }: Pod): readonly PortMapping[] {
  const containers = [
    ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ...spec.containers,
  ];
  return containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, containerPort, protocol = 'TCP', hostIP = '' }) =>
      hostPort === 0 ? [] : [{ protocol, containerPort, hostPort, hostIp: hostIP }],
    ),
  );
}
