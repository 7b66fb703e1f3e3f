// Whether a Pod may be stored. Rule: core validation, ValidatePodCreate, ValidatePodTemplateSpec and ValidatePodSpec.
import {
  at,
  child,
  forbiddenField,
  invalidValue,
  notSupportedInOrder,
  type Path,
  required,
} from '../../field-errors.ts';
import { type NameRule, wrongDns1123Label, wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import type { Pod, PodSpec, PodTemplateSpec } from '../../types/core.v1.ts';
import type { ObjectMeta, StatusCause } from '../../types/meta.v1.ts';
import { validateAnnotations, validateLabels } from '../metadata.ts';
import { validateAppArmorMatch } from './apparmor.ts';
import type { PodLeniency } from './leniency.ts';
import { validateSeccompMatch } from './seccomp.ts';
import { mirror, validatePodAnnotations } from './validate-annotations.ts';
import { validateContainers, validateImage } from './validate-containers.ts';
import { validateEnvFiles } from './validate-env.ts';
import { validateHost } from './validate-host.ts';
import { claimNames, validatePodClaims, validatePodResources } from './validate-pod-resources.ts';
import { validateResources } from './validate-resources.ts';
import { validateScheduling } from './validate-scheduling.ts';
import { validatePodSecurity } from './validate-security.ts';
import { validateVolumes } from './validate-volumes.ts';
import { validateSystem } from './validate-windows.ts';

export function validatePod(pod: Pod): readonly StatusCause[] {
  const { metadata, spec = { containers: [] } } = pod;
  const causes = [
    ...validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'),
    ...validateWholePod(spec, metadata),
  ];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    causes.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    causes.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return [
    ...causes,
    ...validateSeccompMatch(metadata.annotations, spec, 'spec'),
    ...validateAppArmorMatch(metadata.annotations, spec, 'spec'),
  ];
}

/** The spec of a pod that is one, not of a template: it may not leave open what only a template may. */
export function validateWholePod(spec: PodSpec, metadata: ObjectMeta, leniency: PodLeniency = {}): StatusCause[] {
  const images = (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((container, index) => validateImage(container, at(`spec.${list}`, index))),
  );
  return [...validatePodSpec(spec, 'spec', leniency, metadata), ...validateTokens(spec), ...images];
}

/** Who has no account has no token of it. */
function validateTokens({ serviceAccountName, volumes }: PodSpec): StatusCause[] {
  if (serviceAccountName) return [];
  return (volumes ?? []).flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, place) => {
      if (!serviceAccountToken) return [];
      const source = at(child(at('spec.volumes', index), 'projected', 'sources'), place);
      const why = 'must not be specified when serviceAccountName is not set';
      return [forbiddenField(child(source, 'serviceAccountToken'), why)];
    }),
  );
}

/** Labels, annotations and spec of the pods to be. */
export function validatePodTemplate(template: PodTemplateSpec, path: Path, leniency: PodLeniency = {}): StatusCause[] {
  const { metadata: { labels, annotations } = {}, spec = { containers: [] } } = template;
  const field = child(path, 'spec');
  const causes = [
    ...validateLabels(labels, child(path, 'labels')),
    ...validateAnnotations(annotations, child(path, 'annotations')),
    ...validatePodAnnotations(annotations, spec, child(path, 'annotations'), leniency),
    ...validatePodSpec(spec, field, leniency),
    ...validateSeccompMatch(annotations, spec, field),
    ...validateAppArmorMatch(annotations, spec, field),
  ];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    causes.push(
      forbiddenField(child(field, 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'),
    );
  }
  return causes;
}

/** `metadata`: of the pod; absent in a template. */
function validatePodSpec(spec: PodSpec, path: Path, leniency: PodLeniency, metadata?: ObjectMeta): StatusCause[] {
  const volumes = validateVolumes(spec.volumes ?? [], child(path, 'volumes'), leniency, metadata?.name);
  const claims = claimNames(spec);
  const isStatic = metadata?.annotations?.[mirror] !== undefined;
  return [
    ...volumes.causes,
    ...validatePodClaims(spec.resourceClaims ?? [], isStatic, child(path, 'resourceClaims')),
    ...validateContainers({ spec, volumes: volumes.valid, claims, leniency }, path),
    ...validatePodResources(spec, claims, path, leniency),
    ...validateChoices(spec, path),
    ...validateScheduling(spec, path, leniency),
    ...validatePodSecurity(spec, path, leniency),
    ...validateHost(spec, path, metadata !== undefined),
    ...validateReferences(spec, path),
    ...validateResources({ limits: spec.overhead }, child(path, 'overhead'), { leniency }),
    ...validateSystem(spec, path),
    ...validateEnvFiles(spec, path),
  ];
}

function validateChoices(spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { restartPolicy, dnsPolicy, activeDeadlineSeconds, terminationGracePeriodSeconds } = spec;
  for (const [field, value, among] of [
    ['restartPolicy', restartPolicy, ['Always', 'OnFailure', 'Never']],
    ['dnsPolicy', dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']],
  ] as const) {
    if (!value) causes.push(required(child(path, field)));
    else if (!(among as readonly string[]).includes(value)) {
      causes.push(notSupportedInOrder(child(path, field), value, among));
    }
  }
  if (terminationGracePeriodSeconds === undefined) causes.push(required(child(path, 'terminationGracePeriodSeconds')));
  if (activeDeadlineSeconds !== undefined && !(activeDeadlineSeconds >= 1 && activeDeadlineSeconds <= 2 ** 31 - 1)) {
    const field = child(path, 'activeDeadlineSeconds');
    causes.push(invalidValue(field, activeDeadlineSeconds, 'must be between 1 and 2147483647, inclusive'));
  }
  return causes;
}

function validateReferences(spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const named = (field: keyof PodSpec & string, wrong: NameRule) => {
    const value = spec[field] as string | undefined;
    // Only of runtime classes is the empty name one that was given.
    if (value === undefined || (value === '' && field !== 'runtimeClassName')) return;
    causes.push(...wrong(value).map((message) => invalidValue(child(path, field), value, message)));
  };
  named('serviceAccountName', wrongDns1123Subdomain);
  named('nodeName', wrongDns1123Subdomain);
  named('hostname', wrongDns1123Label);
  named('subdomain', wrongDns1123Label);
  named('runtimeClassName', wrongDns1123Subdomain);
  named('priorityClassName', wrongDns1123Subdomain);
  for (const [index, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    const field = child(at(child(path, 'readinessGates'), index), 'conditionType');
    const wrong = wrongQualifiedName(conditionType ?? '');
    causes.push(...wrong.map((message) => invalidValue(field, conditionType ?? '', message)));
  }
  return causes;
}
