// What annotations of pods, and the fields that took their place, may say.
import test from 'ava';
import type { Pod } from '../../types/core.v1.ts';
import type { ApiObject } from '../object.ts';
import { rulesOf } from '../rules.ts';
import { created, updates, validates } from '../testing.ts';

const container = { name: 'web', image: 'nginx:1' };
const base = { metadata: { name: 'a', namespace: 'default' }, spec: { containers: [container] } };
const annotated = (key: string, value: string) => ({ metadata: { annotations: { [key]: value } } });
const inContainer = (more: object) => ({ spec: { containers: [{ ...container, ...more }] } });
const profiled = (appArmorProfile: object) => inContainer({ securityContext: { appArmorProfile } });
const appArmor = 'container.apparmor.security.beta.kubernetes.io/';
const cost = 'controller.kubernetes.io/pod-deletion-cost';
const mirror = 'kubernetes.io/config.mirror';
const pod = validates('', 'Pod', base);

test(
  'refused as a mirror without a node',
  pod,
  annotated(mirror, 'x'),
  /metadata\.annotations\[kubernetes\.io\/config\.mirror\]: Invalid value: "x": must set spec\.nodeName if mirror pod annotation is set/,
);
for (const value of ['a', '', '+1', '012', '2147483648']) {
  test(
    `refused at the cost "${value}"`,
    pod,
    annotated(cost, value),
    /pod-deletion-cost\]: Invalid value: .*: must be a 32bit integer/,
  );
}
for (const value of ['0', '-2147483648', '2147483647']) test(`valid at the cost ${value}`, pod, annotated(cost, value));
test(
  'refused with a seccomp profile that is none',
  pod,
  annotated('seccomp.security.alpha.kubernetes.io/pod', 'x'),
  /: Invalid value: "x": must be a valid seccomp profile/,
);
test(
  'refused with profiles of a container that it does not have',
  pod,
  annotated(`${appArmor}db`, 'unconfined'),
  /db\]: Invalid value: "db": container not found/,
);
test(
  'refused with an AppArmor annotation that names no profile',
  pod,
  annotated(`${appArmor}web`, 'x'),
  /web\]: Invalid value: "x": invalid AppArmor profile name: "x"/,
);

const field = 'spec.containers[0].securityContext.appArmorProfile';
test(
  'refused with a profile without type',
  pod,
  profiled({ type: '' }),
  `${field}.type: Required value: type is required when appArmorProfile is set`,
);
test(
  'refused with a profile of another type',
  pod,
  profiled({ type: 'x' }),
  `${field}.type: Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
);
test(
  'refused with a profile of the host that is not named',
  pod,
  profiled({ type: 'Localhost' }),
  `${field}.localhostProfile: Required value: must be set when AppArmor type is Localhost`,
);
test(
  'refused with a padded profile',
  pod,
  profiled({ type: 'Localhost', localhostProfile: ' a' }),
  `${field}.localhostProfile: Invalid value: " a": must not be padded with whitespace`,
);
test(
  'refused with a name where none counts',
  pod,
  profiled({ type: 'Unconfined', localhostProfile: 'a' }),
  `${field}.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost`,
);
test(
  'refused where field and annotation say different types',
  pod,
  { ...annotated(`${appArmor}web`, 'runtime/default'), ...profiled({ type: 'Unconfined' }) },
  `${field}.type: Forbidden: apparmor type in annotation and field must match`,
);
test(
  'refused where field and annotation name different profiles',
  pod,
  { ...annotated(`${appArmor}web`, 'localhost/b'), ...profiled({ type: 'Localhost', localhostProfile: 'a' }) },
  `${field}.localhostProfile: Forbidden: apparmor profile in annotation and field must match`,
);

const takes = test.macro<[object | undefined, string, object | undefined, boolean]>({
  title: (title) => `A pod's AppArmor field ${title}`,
  exec(t, ofPod, annotation, expected, isWarned) {
    const object = created('', 'Pod', {
      metadata: { ...base.metadata, annotations: { [`${appArmor}web`]: annotation } },
      spec: { ...base.spec, ...(ofPod === undefined ? {} : { securityContext: { appArmorProfile: ofPod } }) },
    }) as unknown as Pod;
    t.deepEqual(object.spec?.containers[0]?.securityContext?.appArmorProfile as object | undefined, expected);
    const warning = `metadata.annotations[${appArmor}web]: deprecated since v1.30; use the "appArmorProfile" field instead`;
    t.is(rulesOf('', 'Pod').warnings(object).includes(warning), isWarned);
  },
});
const host = { type: 'Localhost', localhostProfile: 'a' };
test('follows the annotation, with a warning', takes, undefined, 'localhost/a', host, true);
test(
  'follows it where the pod as a whole has another',
  takes,
  { type: 'Unconfined' },
  'runtime/default',
  { type: 'RuntimeDefault' },
  true,
);
test('stays away where the pod as a whole has the same', takes, { type: 'Unconfined' }, 'unconfined', undefined, false);
test('stays away where the annotation names none', takes, { type: 'Unconfined' }, 'localhost/', undefined, true);

const changed = updates('', 'Pod', {
  ...base,
  metadata: { ...base.metadata, annotations: { [`${appArmor}web`]: 'unconfined' } },
});
test(
  'may not lose or change an AppArmor annotation',
  changed,
  annotated(`${appArmor}web`, 'runtime/default'),
  /may not remove or update AppArmor annotations/,
);
test(
  'may not become a mirror',
  changed,
  annotated(mirror, 'x'),
  /may not add mirror pod annotation/,
  /must set spec\.nodeName/,
);

const labelSelector = { matchLabels: { app: 'a' } };
const term = { topologyKey: 'zone', labelSelector, matchLabelKeys: ['rev', 'none'], mismatchLabelKeys: ['tenant'] };
const spread = {
  maxSkew: 1,
  topologyKey: 'zone',
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector,
  matchLabelKeys: ['rev'],
};
const place = (more: object, constraint: object = {}) => ({
  metadata: { labels: { app: 'a', rev: '1', tenant: 't' } },
  spec: {
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, ...more }] } },
    topologySpreadConstraints: [{ ...spread, ...constraint }],
  },
});

test('A pod is bound to the values that its labels have when it is made', (t) => {
  const { metadata, spec } = place({});
  const given = { metadata: { ...base.metadata, ...metadata }, spec: { ...base.spec, ...spec } };
  const object = created('', 'Pod', JSON.parse(JSON.stringify(given))) as ApiObject & Pod; // nothing shared
  const rev = { key: 'rev', operator: 'In', values: ['1'] };
  const tenant = { key: 'tenant', operator: 'NotIn', values: ['t'] };
  const both = () => [
    object.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector,
    object.spec?.topologySpreadConstraints?.[0]?.labelSelector,
  ];
  const expected = [
    { ...labelSelector, matchExpressions: [rev, tenant] },
    { ...labelSelector, matchExpressions: [rev] },
  ];
  t.deepEqual(both(), expected as never);
  rulesOf('', 'Pod').prepareForCreate(object); // its generated name was taken
  t.deepEqual(both(), expected as never);
});

const at = 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]';
test('valid with label keys', pod, place({}));
test(
  'refused with a label key that is selected already',
  pod,
  place({ labelSelector: { matchLabels: { rev: '1' } } }),
  `${at}[0]: Invalid value: "rev": exists in both matchLabelKeys and labelSelector`,
);
test(
  'refused with a label key that is to match and not to match',
  pod,
  place({ matchLabelKeys: ['none'], mismatchLabelKeys: ['none'] }),
  `${at}.matchLabelKeys[0]: Invalid value: "none": exists in both matchLabelKeys and mismatchLabelKeys`,
);
test(
  'refused with label keys and no selector',
  pod,
  place({ labelSelector: undefined, mismatchLabelKeys: [] }, { labelSelector: undefined }),
  `${at}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
  'spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
);
test(
  'refused with a label key that is none',
  pod,
  place({ mismatchLabelKeys: ['a b'] }),
  /mismatchLabelKeys\[0\]: Invalid value: "a b"/,
);
