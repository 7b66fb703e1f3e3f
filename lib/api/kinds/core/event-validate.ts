// What an event must be. Rule: pkg/apis/core/validation/events.go: all that comes by events.k8s.io/v1 is judged as the newer
// kind, and faults are told by the older kind's names, in which it is stored. What comes by v1 is bound to more only if it
// has an `eventTime`, as older clients know nothing of one.
import { invalidValue, required } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import type { Event } from '../../types/core.v1.ts';
import type { Event as EventV1 } from '../../types/events.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

/** What both kinds say, under upstream's internal names. */
interface Facts {
  readonly namespace: string;
  readonly series: Event['series'];
  readonly involvedObject: Event['involvedObject'];
  readonly reason: string;
  readonly message: string;
  readonly source: Event['source'];
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
  readonly type: string;
  readonly eventTime: string;
  readonly action: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
}

export function validateEvent(event: Event): readonly StatusCause[] {
  return faults(factsOf(event));
}

export function validateNewerEvent(event: EventV1): readonly StatusCause[] {
  const facts = factsOfNewer(event);
  const { eventTime, type, firstTimestamp, lastTimestamp, count, source } = facts;
  const causes = [...faults(facts), ...seriesFaults(facts)];
  if (eventTime === '') causes.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning') causes.push(invalidValue('type', '', `has invalid value: ${type}`));
  const old = { firstTimestamp, lastTimestamp, count, source: (source?.component ?? '') + (source?.host ?? '') };
  for (const [field, value] of Object.entries(old))
    if (value !== '' && value !== 0) causes.push(invalidValue(field, '', 'needs to be unset'));
  return causes;
}

/**
 * What a change is bound to: no more than older events. Rule: the registry's strategy hands upstream's stricter check the new
 * event for both, so that it never finds anything; clients change notes and series at will, and a conformance spec asks for it.
 */
export function validateNewerEventUpdate(next: EventV1): readonly StatusCause[] {
  return faults(factsOfNewer(next));
}

function faults(facts: Facts): StatusCause[] {
  const { namespace } = facts;
  const about = facts.involvedObject?.namespace ?? '';
  const stray = () => invalidValue('involvedObject.namespace', about, 'does not match event.namespace');
  if (facts.eventTime === '') {
    const belongs = about === namespace || (about === '' && namespace === 'default');
    return belongs ? [] : [stray()];
  }
  const causes: StatusCause[] = [];
  if (about === '' && namespace !== 'default' && namespace !== 'kube-system') causes.push(stray());
  const { reportingController } = facts;
  if (reportingController === '') causes.push(required('reportingController'));
  for (const message of wrongQualifiedName(reportingController))
    causes.push(invalidValue('reportingController', reportingController, message));
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    if (facts[field] === '') causes.push(required(field));
    causes.push(...lengthFaults(field, facts[field], 128));
  }
  return [...causes, ...lengthFaults('message', facts.message, 1024)];
}

function lengthFaults(field: string, text: string, mostBytes: number): readonly StatusCause[] {
  if (Buffer.byteLength(text) <= mostBytes) return [];
  return [invalidValue(field, '', `can have at most ${mostBytes} characters`)];
}

function seriesFaults({ series }: Facts): readonly StatusCause[] {
  if (series === undefined || series === null) return [];
  const causes: StatusCause[] = [];
  if ((series.count ?? 0) < 2) causes.push(invalidValue('series.count', '', 'should be at least 2'));
  if (!series.lastObservedTime) causes.push(required('series.lastObservedTime'));
  return causes;
}

function factsOf(event: Event): Facts {
  return {
    namespace: event.metadata.namespace ?? '',
    series: event.series,
    involvedObject: event.involvedObject,
    reason: event.reason ?? '',
    message: event.message ?? '',
    source: event.source,
    firstTimestamp: event.firstTimestamp ?? '',
    lastTimestamp: event.lastTimestamp ?? '',
    count: event.count ?? 0,
    type: event.type ?? '',
    eventTime: event.eventTime ?? '',
    action: event.action ?? '',
    reportingController: event.reportingComponent ?? '',
    reportingInstance: event.reportingInstance ?? '',
  };
}

function factsOfNewer(event: EventV1): Facts {
  return factsOf({
    ...event,
    involvedObject: event.regarding,
    message: event.note,
    source: event.deprecatedSource,
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    count: event.deprecatedCount,
    reportingComponent: event.reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
  });
}
