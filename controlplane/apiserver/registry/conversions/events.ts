// events.k8s.io/v1 <-> v1: the same event under other names. Stored as v1. Rule: pkg/apis/events/v1 conversion.
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';

export function eventToCore(object: KubeObject): ApiObject {
  return { ...renamed(object, toCore), apiVersion: 'v1' } as ApiObject;
}

export function eventFromCore(object: KubeObject): ApiObject {
  return { ...renamed(object, fromCore), apiVersion: 'events.k8s.io/v1' } as ApiObject;
}

function renamed(object: KubeObject, names: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]));
}

const toCore: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};
const fromCore = Object.fromEntries(Object.entries(toCore).map(([ours, core]) => [core, ours]));
