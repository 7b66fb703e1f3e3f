import test from 'ava';
import type { PodSecurityContext, SecurityContext } from '#lib/api/types/core.v1.ts';
import { exampleContainer, examplePod } from './example.ts';
import { type ImageUser, namespaceOptions, rootRefusal, securityOf } from './security.ts';

const nobody: ImageUser = { username: '' };
function security(own: SecurityContext, shared: PodSecurityContext = {}, user = nobody) {
  return securityOf(examplePod({ securityContext: shared }), exampleContainer('main', { securityContext: own }), user);
}

test('securityOf() prefers the container’s fields to the pod’s, and those to the image’s', (t) => {
  t.deepEqual(security({ runAsUser: 0 }, { runAsUser: 7 }).runAsUser, { value: 0 });
  t.deepEqual(security({}, { runAsUser: 7, runAsGroup: 8 }), {
    ...security({}),
    runAsUser: { value: 7 },
    runAsGroup: { value: 8 },
  });
  t.deepEqual(security({}, {}, { username: '', uid: 9 }).runAsUser, { value: 9 });
  t.is(security({}, {}, { username: 'www' }).runAsUsername, 'www');
});

test('securityOf() adds the group of volumes', (t) => {
  t.deepEqual(security({}, { supplementalGroups: [1], fsGroup: 2 }).supplementalGroups, [1, 2]);
});

test('securityOf() has the runtime’s seccomp profile where the node is strict, unless told otherwise', (t) => {
  const of = (own: SecurityContext) =>
    securityOf(examplePod(), exampleContainer('main', { securityContext: own }), nobody, { isStrict: true });
  t.is(of({}).seccomp.profileType, 'RuntimeDefault');
  t.is(of({ seccompProfile: { type: 'Unconfined' } }).seccomp.profileType, 'Unconfined');
  t.is(security({}).seccomp.profileType, 'Unconfined');
});

test('securityOf() names an AppArmor profile only if told to', (t) => {
  t.is(security({}).apparmor, undefined);
  t.deepEqual(security({ appArmorProfile: { type: 'Localhost', localhostProfile: 'web' } }).apparmor, {
    profileType: 'Localhost',
    localhostRef: 'web',
  });
  t.deepEqual(security({}, { appArmorProfile: { type: 'RuntimeDefault' } }).apparmor, {
    profileType: 'RuntimeDefault',
  });
});

test('securityOf() hides the kernel, except from the privileged', (t) => {
  t.true(security({}).maskedPaths.includes('/proc/kcore'));
  const privileged = security({ privileged: true });
  t.deepEqual(privileged.maskedPaths, []);
  t.is(privileged.seccomp.profileType, 'Unconfined');
});

const refuses = test.macro<[string, SecurityContext, ImageUser, RegExp | undefined]>({
  title: (_title, what) => `rootRefusal() ${what}`,
  exec(t, _what, own, user, expected) {
    const refusal = rootRefusal(examplePod(), exampleContainer('main', { securityContext: own }), user);
    if (expected === undefined) t.is(refusal, undefined);
    else t.regex(refusal ?? '', expected);
  },
});
test(refuses, 'does not care unless told', {}, nobody, undefined);
test(
  refuses,
  'knows the user of the container',
  { runAsNonRoot: true, runAsUser: 0 },
  nobody,
  /breaks non-root policy/,
);
test(refuses, 'lets another user pass', { runAsNonRoot: true, runAsUser: 5 }, nobody, undefined);
test(refuses, 'knows an image without a user', { runAsNonRoot: true }, nobody, /image will run as root/);
test(refuses, 'knows an image of root', { runAsNonRoot: true }, { username: '', uid: 0 }, /image will run as root/);
test(refuses, 'lets a numeric user pass', { runAsNonRoot: true }, { username: '', uid: 100 }, undefined);
test(refuses, 'cannot know a user by name', { runAsNonRoot: true }, { username: 'www' }, /non-numeric user \(www\)/);

test('namespaceOptions() follows the pod', (t) => {
  t.deepEqual(namespaceOptions(examplePod()), { network: 'POD', ipc: 'POD', pid: 'CONTAINER' });
  t.is(namespaceOptions(examplePod({ shareProcessNamespace: true })).pid, 'POD');
  t.deepEqual(namespaceOptions(examplePod({ hostNetwork: true, hostPID: true, hostIPC: true })), {
    network: 'NODE',
    ipc: 'NODE',
    pid: 'NODE',
  });
  t.like(namespaceOptions(examplePod(), 'c1'), { pid: 'TARGET', targetId: 'c1' });
});

test('securityOf() finds profiles of the node below its own folder', (t) => {
  const securityContext = { seccompProfile: { type: 'Localhost', localhostProfile: 'p/a.json' } } as const;
  const of = (rest: object) =>
    securityOf(examplePod(), exampleContainer('main', { securityContext }), { username: '' }, rest);
  t.is(of({}).seccomp?.localhostRef, '/var/lib/kubelet/seccomp/p/a.json');
  t.is(of({ seccompRoot: '/data/seccomp' }).seccomp?.localhostRef, '/data/seccomp/p/a.json');
});
