// What the level `restricted` asks for beyond `baseline`. Pure. Rule: Pod Security Standards, Restricted.
import type { Volume } from '#lib/api/types/core.v1.ts';
import { maskedProc } from './baseline.ts';
import {
  type AnyContainer,
  badContainers,
  type Check,
  containersOf,
  hasOwnUsers,
  isWindows,
  named,
  type PodLike,
  plural,
  quoted,
  settersOf,
  sorted,
  type Violation,
} from './check.ts';
import { seccompFields, seccompMissing } from './profiles.ts';

type Look = (pod: PodLike) => Violation | undefined;

/** Not asked of Windows, which has no such thing. */
function linuxOnly(check: Look): Look {
  return (pod) => (isWindows(pod.spec) ? undefined : check(pod));
}

function hostUsersOnly(check: Look): Look {
  return (pod) => (hasOwnUsers(pod.spec) ? undefined : check(pod));
}

const privilegeEscalation: Look = ({ spec }) => {
  const containers = badContainers(spec, (one) => one.securityContext?.allowPrivilegeEscalation !== false);
  if (containers.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${named(containers)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: Look = ({ spec }) => {
  const capabilitiesOf = ({ securityContext }: AnyContainer) => securityContext?.capabilities;
  const added = (one: AnyContainer) => (capabilitiesOf(one)?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
  const keeping = badContainers(spec, (one) => capabilitiesOf(one)?.drop?.includes('ALL') !== true);
  const adding = badContainers(spec, (one) => added(one).length > 0);
  const names = quoted(sorted(containersOf(spec).flatMap(added)));
  const details = [
    ...(keeping.length === 0 ? [] : [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0 ? [] : [`${named(adding)} must not include ${names} in securityContext.capabilities.add`]),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const volumes: Look = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.some((type) => volume[type] !== undefined));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map((volume) => restrictedVolumes.find((type) => volume[type] !== undefined) ?? 'unknown'));
  const names = `${plural(bad.length, 'volume', 'volumes')} ${quoted(bad.map(({ name }) => name))}`;
  const what = plural(types.length, 'restricted volume type', 'restricted volume types');
  return {
    reason: 'restricted volume types',
    detail: `${names} ${plural(bad.length, 'uses', 'use')} ${what} ${quoted(types)}`,
  };
};
const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const satisfies readonly (keyof Volume)[];
const restrictedVolumes = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
] as const satisfies readonly (keyof Volume)[];

const nonRoot: Look = ({ spec }) => {
  const reason = 'runAsNonRoot != true';
  const who = settersOf(spec, 'runAsNonRoot', (value) => !value);
  if (who !== undefined) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (spec.securityContext?.runAsNonRoot === true) return undefined;
  const silent = badContainers(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` };
};

const rootUser: Look = ({ spec }) => {
  const who = settersOf(spec, 'runAsUser', (value) => value === 0);
  return who === undefined ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

const seccomp: Look = (pod) => {
  const wrong = seccompFields(pod);
  if (wrong !== undefined) return wrong;
  const silent = seccompMissing(pod);
  if (silent.length === 0) return undefined;
  const must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: 'seccompProfile', detail: `pod or ${named(silent)} ${must}` };
};

function restricted(id: string, ...versions: Check['versions']): Check {
  return { id, level: 'restricted', versions };
}

/** By id: in this order they speak, after the baseline. */
export const restrictedChecks: readonly Check[] = [
  restricted(
    'allowPrivilegeEscalation',
    { since: 8, check: privilegeEscalation },
    { since: 25, check: linuxOnly(privilegeEscalation) },
  ),
  restricted(
    'capabilities_restricted',
    { since: 22, check: capabilities, overrides: ['capabilities_baseline'] },
    { since: 25, check: linuxOnly(capabilities), overrides: ['capabilities_baseline'] },
  ),
  restricted('procMount_restricted', { since: 35, check: maskedProc, overrides: ['procMount_baseline'] }),
  restricted('restrictedVolumes', { since: 0, check: volumes, overrides: ['hostPathVolumes'] }),
  restricted('runAsNonRoot', { since: 0, check: nonRoot }, { since: 35, check: hostUsersOnly(nonRoot) }),
  restricted('runAsUser', { since: 23, check: rootUser }, { since: 35, check: hostUsersOnly(rootUser) }),
  restricted(
    'seccompProfile_restricted',
    { since: 19, check: seccomp, overrides: ['seccompProfile_baseline'] },
    { since: 25, check: linuxOnly(seccomp), overrides: ['seccompProfile_baseline'] },
  ),
];
