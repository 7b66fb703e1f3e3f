// How other servers extend the API.
import { invalidValue } from '../../field-errors.ts';
import { wrongPathSegment } from '../../names.ts';
import type { APIService } from '../../types/apiregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';

export const apiService: KindParts<APIService> = {
  wrongName: wrongPathSegment, // that of the core group ends in a dot
  allowsUnconditionalUpdate: false,
  defaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  create(object) {
    object.status = {};
    // What the server itself serves is there at once.
    if (object.spec?.service !== undefined) return;
    object.status.conditions = [
      { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' },
    ];
  },
  validate({ metadata, spec }) {
    const causes: StatusCause[] = [];
    const name = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
    if (metadata.name !== name)
      causes.push(invalidValue('metadata.name', metadata.name, 'must be `spec.version+"."+spec.group`'));
    if ((spec?.groupPriorityMinimum ?? 0) <= 0) {
      causes.push(
        invalidValue(
          'spec.groupPriorityMinimum',
          spec?.groupPriorityMinimum ?? 0,
          'must be positive and less than 20000',
        ),
      );
    }
    if ((spec?.versionPriority ?? 0) <= 0) {
      causes.push(
        invalidValue('spec.versionPriority', spec?.versionPriority ?? 0, 'must be positive and less than 1000'),
      );
    }
    return causes;
  },
  columns: columns(['Name', 'Service', 'Available', '@Age']),
  row({ metadata, spec, status }, nowMs) {
    const service = spec?.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`;
    const available = (status?.conditions ?? []).find(({ type }) => type === 'Available');
    const isKnown = available !== undefined;
    const text = isKnown
      ? available.status === 'True'
        ? 'True'
        : `${available.status} (${available.reason})`
      : 'Unknown';
    return [metadata.name, service, text, ageOf(metadata, nowMs)];
  },
};
