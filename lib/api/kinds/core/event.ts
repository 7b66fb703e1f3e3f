import type { Event, ObjectReference } from '../../types/core.v1.ts';
import type { Event as EventV1 } from '../../types/events.v1.ts';
import { columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { age } from '../duration.ts';
import { validateEvent, validateNewerEvent, validateNewerEventUpdate } from './event-validate.ts';

/** Either group's event: the fields of one are those of the other under older names. */
type AnyEvent = Event & Partial<EventV1>;

/** What both groups' events have in common. */
const shared: KindParts<AnyEvent> = {
  allowsCreateOnUpdate: true,
  columns: [
    ...columns(['Last Seen', 'Type', 'Reason', 'Object'], ['Subobject', 'Source']),
    ...columns(['Message'], ['First Seen', 'Count', 'Name']),
  ],
  row(one, nowMs) {
    const about = aboutOf(one);
    const first = one.firstTimestamp ?? one.deprecatedFirstTimestamp ?? one.eventTime;
    const last = one.series?.lastObservedTime ?? one.lastTimestamp ?? one.deprecatedLastTimestamp ?? first;
    const shownObject = about?.name
      ? `${about.kind?.toLowerCase() ?? ''}/${about.name}`
      : (about?.kind?.toLowerCase() ?? '');
    return [
      age(last, nowMs),
      one.type ?? '',
      one.reason ?? '',
      shownObject,
      about?.fieldPath ?? '',
      sourceText(one),
      (one.message ?? one.note ?? '').trim(),
      age(first, nowMs),
      one.series?.count ?? (one.count || one.deprecatedCount || 1),
      one.metadata.name,
    ];
  },
};

export const event: KindParts<AnyEvent> = { ...shared, validate: validateEvent, fields: fieldsOf };

export const newerEvent: KindParts<AnyEvent> = {
  ...shared,
  validate: validateNewerEvent,
  validateUpdate: validateNewerEventUpdate,
  fields: newerFieldsOf,
};

function aboutOf(one: AnyEvent) {
  return one.involvedObject ?? one.regarding;
}

function sourceText(one: AnyEvent): string {
  const source = one.source ?? one.deprecatedSource;
  const component = source?.component || one.reportingComponent || one.reportingController || '';
  const host = source?.host || one.reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

/** Rule: AddFieldLabelConversionsForEvent of either version: each knows its own names only. */
function fieldsOf(one: AnyEvent): Record<string, string> {
  const source = one.source?.component || one.reportingComponent || '';
  return {
    ...prefixed('involvedObject', one.involvedObject),
    reason: one.reason ?? '',
    reportingComponent: one.reportingComponent ?? '',
    source,
    type: one.type ?? '',
  };
}

function newerFieldsOf(one: AnyEvent): Record<string, string> {
  return {
    ...prefixed('regarding', one.regarding),
    reason: one.reason ?? '',
    reportingController: one.reportingController ?? '',
    type: one.type ?? '',
  };
}

function prefixed(prefix: string, about: ObjectReference | undefined): Record<string, string> {
  return {
    [`${prefix}.kind`]: about?.kind ?? '',
    [`${prefix}.namespace`]: about?.namespace ?? '',
    [`${prefix}.name`]: about?.name ?? '',
    [`${prefix}.uid`]: about?.uid ?? '',
    [`${prefix}.apiVersion`]: about?.apiVersion ?? '',
    [`${prefix}.resourceVersion`]: about?.resourceVersion ?? '',
    [`${prefix}.fieldPath`]: about?.fieldPath ?? '',
  };
}
