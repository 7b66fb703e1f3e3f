// What the level `baseline` says of AppArmor, SELinux and seccomp. Pure. Rule: Pod Security Standards, Baseline.
import {
  badContainers,
  type Check,
  containersOf,
  type PodLike,
  plural,
  quoted,
  settersOf,
  sorted,
  type Violation,
} from './check.ts';

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

function appArmor({ annotations, spec }: PodLike): Violation | undefined {
  const isBad = (type: string): boolean => type !== 'RuntimeDefault' && type !== 'Localhost';
  const all = [spec.securityContext, ...containersOf(spec).map(({ securityContext }) => securityContext)];
  const types = all.flatMap((context) => context?.appArmorProfile?.type ?? []);
  const who = settersOf(spec, 'appArmorProfile', ({ type }) => isBad(type));
  const forbidden = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && !isAppArmorProfile(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const by = forbidden.length === 0 ? [] : [plural(forbidden.length, 'annotation', 'annotations')];
  const setters = [...(who === undefined ? [] : [who]), ...by];
  if (setters.length === 0) return undefined;
  const values = [...sorted(types.filter(isBad)), ...forbidden];
  return {
    reason: plural(values.length, 'forbidden AppArmor profile', 'forbidden AppArmor profiles'),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
}

function isAppArmorProfile(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

function seLinux(allowed: ReadonlySet<string>) {
  return ({ spec }: PodLike): Violation | undefined => {
    const all = [spec.securityContext, ...containersOf(spec).map(({ securityContext }) => securityContext)].flatMap(
      (context) => context?.seLinuxOptions ?? [],
    );
    const isBadType = (type: string | undefined): type is string => !allowed.has(type ?? '');
    const who = settersOf(spec, 'seLinuxOptions', ({ type, user, role }) => isBadType(type) || !!user || !!role);
    if (who === undefined) return undefined;
    const types = sorted(all.map(({ type }) => type).filter(isBadType));
    const wrong = [
      ...(types.length === 0 ? [] : [`${plural(types.length, 'type', 'types')} ${quoted(types)}`]),
      ...(all.some(({ user }) => !!user) ? ['user may not be set'] : []),
      ...(all.some(({ role }) => !!role) ? ['role may not be set'] : []),
    ];
    const detail = `${who} set forbidden securityContext.seLinuxOptions: ${wrong.join('; ')}`;
    return { reason: 'seLinuxOptions', detail };
  };
}
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/';

function seccompAnnotations({ annotations, spec }: PodLike): Violation | undefined {
  const keys = [seccompPod, ...containersOf(spec).map(({ name }) => `${seccompContainer}${name}`)];
  const isProfile = (value: string): boolean =>
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const forbidden = sorted(
    keys.flatMap((key) => {
      const value = annotations[key];
      return value === undefined || isProfile(value) ? [] : [`${key}=${JSON.stringify(value)}`];
    }),
  );
  if (forbidden.length === 0) return undefined;
  const what = plural(forbidden.length, 'annotation', 'annotations');
  return { reason: 'seccompProfile', detail: `forbidden ${what} ${forbidden.join(', ')}` };
}

export function seccompFields({ spec }: PodLike): Violation | undefined {
  const who = settersOf(spec, 'seccompProfile', ({ type }) => !isSeccompType(type));
  if (who === undefined) return undefined;
  const all = [spec.securityContext, ...containersOf(spec).map(({ securityContext }) => securityContext)];
  const types = sorted(
    all.flatMap((context) => context?.seccompProfile?.type ?? []).filter((one) => !isSeccompType(one)),
  );
  const detail = `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}`;
  return { reason: 'seccompProfile', detail };
}

export function isSeccompType(type: string): boolean {
  return type === 'Localhost' || type === 'RuntimeDefault';
}

/** Containers that say nothing where the pod says nothing good either. */
export function seccompMissing({ spec }: PodLike): readonly string[] {
  const ofPod = spec.securityContext?.seccompProfile?.type;
  if (ofPod !== undefined && isSeccompType(ofPod)) return [];
  return badContainers(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
}

export const profileChecks: readonly Check[] = [
  { id: 'appArmorProfile', level: 'baseline', versions: [{ since: 0, check: appArmor }] },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    versions: [
      { since: 0, check: seLinux(new Set(seLinuxTypes)) },
      { since: 31, check: seLinux(new Set([...seLinuxTypes, 'container_engine_t'])) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    versions: [
      { since: 0, check: seccompAnnotations },
      { since: 19, check: seccompFields },
    ],
  },
];
