import { invalidValue } from '../../field-errors.ts';
import type { Event } from '../../types/core.v1.ts';
import type { Event as EventV1 } from '../../types/events.v1.ts';
import { columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { age } from '../duration.ts';

/** Either group's event: the fields of one are those of the other under older names. */
type AnyEvent = Event & Partial<EventV1>;

export const event: KindParts<AnyEvent> = {
  allowsCreateOnUpdate: true,
  validate({ metadata, involvedObject, regarding }) {
    const namespace = (involvedObject ?? regarding)?.namespace ?? '';
    if (namespace === (metadata.namespace ?? '') || (namespace === '' && metadata.namespace === 'default')) return [];
    const field = regarding === undefined ? 'involvedObject.namespace' : 'regarding.namespace';
    return [invalidValue(field, namespace, 'does not match event.namespace')];
  },
  fields: eventFields,
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

function aboutOf(one: AnyEvent) {
  return one.involvedObject ?? one.regarding;
}

function sourceText(one: AnyEvent): string {
  const source = one.source ?? one.deprecatedSource;
  const component = source?.component || one.reportingComponent || one.reportingController || '';
  const host = source?.host || one.reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

function eventFields(one: AnyEvent): Record<string, string> {
  const about = aboutOf(one);
  const source = (one.source ?? one.deprecatedSource)?.component || one.reportingComponent || one.reportingController;
  const named = {
    kind: about?.kind ?? '',
    namespace: about?.namespace ?? '',
    name: about?.name ?? '',
    uid: about?.uid ?? '',
    apiVersion: about?.apiVersion ?? '',
    resourceVersion: about?.resourceVersion ?? '',
    fieldPath: about?.fieldPath ?? '',
  };
  const prefixed = (prefix: string) => Object.entries(named).map(([key, value]) => [`${prefix}.${key}`, value]);
  return {
    ...Object.fromEntries([...prefixed('involvedObject'), ...prefixed('regarding')]),
    reason: one.reason ?? '',
    reportingComponent: one.reportingComponent ?? one.reportingController ?? '',
    reportingController: one.reportingController ?? one.reportingComponent ?? '',
    source: source ?? '',
    type: one.type ?? '',
  };
}
