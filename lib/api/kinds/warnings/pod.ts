// What of a pod is accepted but likely not meant. Rule: pkg/api/pod GetWarningsForPod, GetWarningsForPodTemplate.
import { at, child, type Path } from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import type { Pod, PodAffinityTerm, PodSpec, PodTemplateSpec } from '../../types/core.v1.ts';
import type { ObjectMeta } from '../../types/meta.v1.ts';
import { annotatedIn } from '../pod/apparmor.ts';
import { fractionWarnings } from './amounts.ts';
import { appArmorWarning, containerWarnings } from './containers.ts';
import { oldKey, oldLabelsOf, termWarnings } from './node-labels.ts';
import { portWarnings } from './ports.ts';
import { volumeWarnings } from './volumes.ts';

/** Of a new pod; a change of one is the business of programs, which read no warnings. */
export function podWarnings(pod: Pod): string[] {
  const { metadata, spec } = pod;
  const what = "metadata.name: this is used in the Pod's hostname";
  const profiles = annotatedIn(pod).map((name) => appArmorWarning(name, 'metadata.annotations'));
  return [...profiles, ...nameWarnings(metadata.name, what), ...specWarnings(spec, metadata, '')];
}

export function templateWarnings(template: PodTemplateSpec | undefined, path: Path): string[] {
  return template === undefined ? [] : specWarnings(template.spec, template.metadata, path);
}

/** Of a name that its pods' names begin with. */
export function workloadNameWarnings({ name }: Pick<ObjectMeta, 'name'>): string[] {
  return nameWarnings(name ?? '', 'metadata.name: this is used in Pod names and hostnames');
}

function nameWarnings(name: string, what: string): string[] {
  const wrong = wrongDns1123Label(name);
  if (wrong.length === 0) return [];
  return [`${what}, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`];
}

function specWarnings(spec: PodSpec | undefined, meta: Partial<ObjectMeta> | undefined, path: Path): string[] {
  if (spec === undefined) return [];
  const inside = child(path, 'spec');
  return [
    ...placeWarnings(spec, inside),
    ...annotationWarnings(meta, child(path, 'metadata', 'annotations')),
    ...volumeWarnings(spec.volumes ?? [], child(inside, 'volumes')),
    ...listWarnings(spec, inside),
    ...fractionWarnings(spec.overhead, ['memory', 'ephemeral-storage'], child(inside, 'overhead')),
    ...containerWarnings(spec, meta?.annotations ?? {}, path),
    ...portWarnings(spec, inside),
    ...graceWarnings(spec, inside),
    ...podAffinityWarnings(spec, inside),
  ];
}

function placeWarnings({ nodeSelector, affinity, topologySpreadConstraints }: PodSpec, path: Path): string[] {
  const { requiredDuringSchedulingIgnoredDuringExecution: must, preferredDuringSchedulingIgnoredDuringExecution: may } =
    affinity?.nodeAffinity ?? {};
  const nodes = child(path, 'affinity', 'nodeAffinity');
  const terms = child(nodes, 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms');
  const preferred = child(nodes, 'preferredDuringSchedulingIgnoredDuringExecution');
  return [
    ...oldLabelsOf(nodeSelector ?? {}, (key) => at(child(path, 'nodeSelector'), key)),
    ...(must?.nodeSelectorTerms ?? []).flatMap((term, index) => termWarnings(term, false, at(terms, index))),
    ...(may ?? []).flatMap(({ preference }, index) =>
      termWarnings(preference ?? {}, true, child(at(preferred, index), 'preference')),
    ),
    ...(topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const field = at(child(path, 'topologySpreadConstraints'), index);
      return [...oldKey(topologyKey, child(field, 'topologyKey')), ...nullSelector(labelSelector, field)];
    }),
  ];
}

const oldAnnotations: readonly (readonly [string, string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];

function annotationWarnings(meta: Partial<ObjectMeta> | undefined, path: Path): string[] {
  return oldAnnotations
    .filter(([key]) => meta?.annotations?.[key] !== undefined)
    .map(([key, message]) => `${at(path, key)}: ${message}`);
}

function listWarnings({ hostAliases = [], imagePullSecrets = [] }: PodSpec, path: Path): string[] {
  const warnings: string[] = [];
  for (const [index, ip] of repeated(hostAliases.map(({ ip }) => ip))) {
    warnings.push(`${at(child(path, 'hostAliases'), index)}.ip: duplicate ip "${ip}"`);
  }
  const secrets = imagePullSecrets.map(({ name }) => name ?? '');
  for (const [index, name] of repeated(secrets)) {
    warnings.push(`${at(child(path, 'imagePullSecrets'), index)}.name: duplicate name "${name}"`);
  }
  for (const [index, name] of secrets.entries()) {
    if (name === '') warnings.push(`${at(child(path, 'imagePullSecrets'), index)}.name: invalid empty name ""`);
  }
  return warnings;
}

function repeated(values: readonly string[]): (readonly [number, string])[] {
  return [...values.entries()].filter(([index, value]) => values.indexOf(value) < index);
}

function graceWarnings({ terminationGracePeriodSeconds: seconds }: PodSpec, path: Path): string[] {
  if (seconds === undefined || seconds >= 0) return [];
  const why = 'must be >= 0; negative values are invalid and will be treated as 1';
  return [`${child(path, 'terminationGracePeriodSeconds')}: ${why}`];
}

function podAffinityWarnings({ affinity }: PodSpec, path: Path): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const { requiredDuringSchedulingIgnoredDuringExecution: must = [], ...others } = affinity?.[kind] ?? {};
    const may = others.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const field = child(path, 'affinity', kind);
    const of = (term: PodAffinityTerm | undefined, where: Path) => nullSelector(term?.labelSelector, where);
    return [
      ...must.flatMap((term, index) =>
        of(term, at(child(field, 'requiredDuringSchedulingIgnoredDuringExecution'), index)),
      ),
      ...may.flatMap(({ podAffinityTerm }, index) =>
        of(
          podAffinityTerm,
          child(at(child(field, 'preferredDuringSchedulingIgnoredDuringExecution'), index), 'podAffinityTerm'),
        ),
      ),
    ];
  });
}

function nullSelector(selector: object | undefined, path: Path): string[] {
  return selector === undefined ? [`${path}.labelSelector: a null labelSelector results in matching no pod`] : [];
}
