import test from 'ava';
import type { Mount, UserNamespace } from '#cri/config.ts';
import { containerConfigOf, resourcesOf } from './container-config.ts';
import { exampleContainer, examplePod } from './example.ts';

const mappings = [{ hostId: 65_536, containerId: 0, length: 65_536 }];
const mount = { containerPath: '/data', hostPath: '/var/lib/data', readonly: true };

function configWith(users: UserNamespace | undefined, mounts: readonly Mount[] = [mount]) {
  return containerConfigOf({
    pod: examplePod(),
    container: exampleContainer('main'),
    attempt: 0,
    imageRef: 'sha256:1',
    imageUser: { username: '' },
    env: [],
    mounts,
    users,
    capacityBytes: 2 ** 30,
    killsTogether: true,
  });
}

test('containerConfigOf() has files seen through the users of the pod', (t) => {
  const users: UserNamespace = { mode: 'POD', uids: mappings, gids: mappings };
  const { mounts, linux } = configWith(users);
  t.deepEqual(mounts, [{ ...mount, uidMappings: mappings, gidMappings: mappings }]);
  t.deepEqual(linux.securityContext.namespaceOptions.usernsOptions, users);
});

test('containerConfigOf() leaves alone what cannot be seen so', (t) => {
  const asItIs = { ...mount, uidMappings: [], gidMappings: [] };
  t.deepEqual(configWith({ mode: 'POD', uids: mappings, gids: mappings }, [asItIs]).mounts, [asItIs]);
});

test('containerConfigOf() leaves files as they are for the users of the node', (t) => {
  const users: UserNamespace = { mode: 'NODE', uids: [], gids: [] };
  t.deepEqual(configWith(users).mounts, [mount]);
  t.deepEqual(configWith(users).linux.securityContext.namespaceOptions.usernsOptions, users);
  t.deepEqual(configWith(undefined).mounts, [mount]);
});

test('resourcesOf() holds a container back to its CPU limit, unless the node does not', (t) => {
  const container = exampleContainer('main', { resources: { limits: { cpu: '500m' } } });
  const of = (rest: object) =>
    resourcesOf({ pod: examplePod(), container, capacityBytes: 2 ** 30, killsTogether: false, ...rest });
  t.like(of({}), { cpuPeriod: 100_000, cpuQuota: 50_000, cpuShares: 512 });
  t.false('cpuQuota' in of({ enforcesCpuLimits: false }));
  t.false('unified' in of({}));
  t.deepEqual(of({ killsTogether: true }).unified, { 'memory.oom.group': '1' });
});
