import type { Pod } from '../../types/core.v1.ts';
import type { KindParts } from '../define.ts';
import { podWarnings } from '../warnings/pod.ts';
import { defaultPod } from './defaults.ts';
import { podFields, podGraceSeconds, preparePod, preparePodStatus } from './prepare.ts';
import { podColumns, podConditions, podRow } from './print.ts';
import { validatePod } from './validate.ts';
import { validatePodStatus } from './validate-status.ts';
import { validatePodUpdate } from './validate-update.ts';

export const pod: KindParts<Pod> = {
  hasGeneration: true,
  defaults: defaultPod,
  create: preparePod,
  updateStatus: preparePodStatus,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  validateStatus: validatePodStatus,
  // A change of a pod is the business of programs, which read no warnings.
  warnings: (pod, previous) => (previous === undefined ? podWarnings(pod) : []),
  fields: podFields,
  columns: podColumns,
  row: podRow,
  conditions: podConditions,
  gracePeriodSeconds: podGraceSeconds,
};
