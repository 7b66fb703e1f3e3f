import { required } from '../../field-errors.ts';
import type { ReplicaSet } from '../../types/apps.v1.ts';
import type { PodTemplate, ReplicationController } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns, labelText } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import type { PodLeniency } from '../pod/leniency.ts';
import { leniencyOf } from '../pod/leniency-of.ts';
import { validatePodTemplate } from '../pod/validate.ts';
import { podTemplateWarnings, replicaWarnings } from '../warnings/workloads.ts';
import { validateReplicaStatus } from './status.ts';
import {
  containerImages,
  containerNames,
  fixedSelector,
  notNegative,
  onlyAlways,
  selectorCell,
  validateSelectedTemplate,
  validateWorkload,
} from './template.ts';

const shown = columns(['Name', '#Desired', '#Current', '#Ready', '@Age'], ['Containers', 'Images', 'Selector']);

export const replicaSet: KindParts<ReplicaSet> = {
  warnings: replicaWarnings,
  hasGeneration: true,
  defaults(object) {
    const spec = (object.spec ??= {} as NonNullable<typeof object.spec>);
    spec.replicas ??= 1;
    defaultPodTemplate(spec);
  },
  validate: ({ spec }) => validateSpec(spec!),
  validateUpdate: (next, previous) => [
    ...validateSpec(next.spec!, leniencyOf(previous.spec?.template)),
    ...fixedSelector(next.spec?.selector, previous.spec?.selector),
  ],
  validateStatus: validateReplicaStatus,
  fields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  columns: shown,
  row({ metadata, spec, status }, nowMs) {
    return [
      metadata.name,
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      ageOf(metadata, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
      selectorCell(spec?.selector),
    ];
  },
};

function validateSpec(spec: NonNullable<ReplicaSet['spec']>, leniency: PodLeniency = {}): StatusCause[] {
  const { replicas, minReadySeconds } = spec;
  return [
    ...notNegative({ replicas, minReadySeconds }),
    ...validateWorkload(spec, { kind: 'deployment', leniency }),
    ...onlyAlways(spec.template, 'ReplicaSet'),
  ];
}

export const replicationController: KindParts<ReplicationController> = {
  warnings: replicaWarnings,
  hasGeneration: true,
  defaultPropagation: 'Orphan',
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.replicas ??= 1;
    if (spec.template !== undefined) defaultPodTemplate(spec);
    const labels = spec.template?.metadata?.labels;
    if (labels === undefined) return;
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = { ...labels };
  },
  validate: (object) => validateController(object),
  validateUpdate: (next, previous) => validateController(next, leniencyOf(previous.spec?.template)),
  validateStatus: validateReplicaStatus,
  fields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  columns: shown,
  row({ metadata, spec, status }, nowMs) {
    return [
      metadata.name,
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      ageOf(metadata, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
      labelText(spec?.selector),
    ];
  },
};

function validateController({ spec = {} }: ReplicationController, leniency: PodLeniency = {}): StatusCause[] {
  const { replicas, minReadySeconds, selector = {}, template } = spec;
  const isOpen = Object.keys(selector).length === 0;
  return [
    ...notNegative({ minReadySeconds }),
    ...(isOpen ? [required('spec.selector')] : []),
    ...notNegative({ replicas }),
    ...validateSelectedTemplate({ matchLabels: selector }, template, { leniency }),
    ...onlyAlways(template, 'ReplicationController'),
  ];
}

export const podTemplate: KindParts<PodTemplate> = {
  warnings: podTemplateWarnings,
  hasGeneration: true,
  generationFields: ['template'],
  defaults(object) {
    defaultPodTemplate(object);
  },
  validate: (object) => validateTemplate(object),
  validateUpdate: (next, previous) => validateTemplate(next, leniencyOf(previous.template)),
  columns: columns(['Name', 'Containers', 'Images', 'Pod Labels']),
  row: ({ metadata, template }) => [
    metadata.name,
    containerNames(template),
    containerImages(template),
    labelText(template?.metadata?.labels),
  ],
};

function validateTemplate({ template }: PodTemplate, leniency: PodLeniency = {}): readonly StatusCause[] {
  return template === undefined ? [required('template')] : validatePodTemplate(template, 'template', leniency);
}
