// Whether a Pod may be stored. Rule: core validation, ValidatePodCreate and ValidatePodSpec.
import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import type { Pod, PodSpec, PodTemplateSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateAnnotations, validateFinalizers, validateLabels } from '../metadata.ts';
import { validateAppArmorMatch } from './apparmor.ts';
import { validatePodAnnotations } from './validate-annotations.ts';
import { validateContainers } from './validate-containers.ts';
import { validateHost } from './validate-host.ts';
import { validateResources } from './validate-resources.ts';
import { validateScheduling } from './validate-scheduling.ts';
import { validatePodSecurity } from './validate-security.ts';
import { validateVolumes } from './validate-volumes.ts';

export function validatePod(pod: Pod): readonly StatusCause[] {
  const spec = pod.spec ?? { containers: [] };
  const causes = [
    ...validatePodAnnotations(pod.metadata.annotations, spec, 'metadata.annotations'),
    ...validatePodSpec(spec, 'spec'),
    ...validateAppArmorMatch(pod),
  ];
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    causes.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  if ((spec.ephemeralContainers ?? []).length > 0) {
    causes.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  }
  return causes;
}

/** Labels, annotations and spec of the pods to be. */
export function validatePodTemplate(template: PodTemplateSpec, path: Path): StatusCause[] {
  const meta = child(path, 'metadata');
  const spec = template.spec ?? { containers: [] };
  const causes = [
    ...validateLabels(template.metadata?.labels, child(path, 'labels')),
    ...validateAnnotations(template.metadata?.annotations, child(path, 'annotations')),
    ...validatePodAnnotations(template.metadata?.annotations, spec, child(path, 'annotations')),
    ...validateFinalizers(template.metadata?.finalizers ?? [], child(meta, 'finalizers')),
    ...validatePodSpec(spec, child(path, 'spec')),
  ];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    causes.push(
      forbiddenField(child(path, 'spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'),
    );
  }
  return causes;
}

export function validatePodSpec(spec: PodSpec, path: Path): StatusCause[] {
  return [
    ...validateVolumes(spec.volumes ?? [], child(path, 'volumes')),
    ...validateContainers(spec, path),
    ...validateChoices(spec, path),
    ...validateScheduling(spec, path),
    ...validateResources(spec.resources, child(path, 'resources')),
    ...validatePodSecurity(spec, path),
    ...validateHost(spec, path),
    ...validateReferences(spec, path),
  ];
}

function validateChoices(spec: PodSpec, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { restartPolicy, dnsPolicy, activeDeadlineSeconds, terminationGracePeriodSeconds } = spec;
  for (const [field, value, among] of [
    ['restartPolicy', restartPolicy, ['Always', 'Never', 'OnFailure']],
    ['dnsPolicy', dnsPolicy, ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']],
  ] as const) {
    if (!value) causes.push(required(child(path, field)));
    else if (!(among as readonly string[]).includes(value)) causes.push(notSupported(child(path, field), value, among));
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
  const named = (field: string, value: string | undefined, wrong: (name: string) => readonly string[]) => {
    if (!value) return;
    causes.push(...wrong(value).map((message) => invalidValue(child(path, field), value, message)));
  };
  named('serviceAccountName', spec.serviceAccountName, wrongDns1123Subdomain);
  named('nodeName', spec.nodeName, wrongDns1123Subdomain);
  named('hostname', spec.hostname, wrongDns1123Label);
  named('subdomain', spec.subdomain, wrongDns1123Label);
  named('runtimeClassName', spec.runtimeClassName, wrongDns1123Subdomain);
  named('priorityClassName', spec.priorityClassName, wrongDns1123Subdomain);
  for (const [index, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    const field = child(at(child(path, 'readinessGates'), index), 'conditionType');
    const wrong = wrongQualifiedName(conditionType ?? '');
    causes.push(...wrong.map((message) => invalidValue(field, conditionType, message)));
  }
  return causes;
}
