// Kinds that two versions serve are stored in one; the other is made of it.
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { autoscalerFromV2, autoscalerToV2 } from './conversions/autoscalers.ts';
import { eventFromCore, eventToCore } from './conversions/events.ts';
import type { Conversion } from './served.ts';

interface Pair {
  readonly stored: readonly [group: string, version: string];
  readonly toStored: (object: KubeObject) => ApiObject;
  readonly fromStored: (object: KubeObject) => ApiObject;
}

const pairs: Readonly<Record<string, Pair>> = {
  'events.k8s.io/v1/Event': { stored: ['', 'v1'], toStored: eventToCore, fromStored: eventFromCore },
  'autoscaling/v1/HorizontalPodAutoscaler': {
    stored: ['autoscaling', 'v2'],
    toStored: autoscalerToV2,
    fromStored: autoscalerFromV2,
  },
};

/** Undefined: the version is the stored one. */
export function conversionOf(group: string, version: string, kind: string): Conversion | undefined {
  const pair = pairs[`${group}/${version}/${kind}`];
  if (pair === undefined) return undefined;
  const type = typeOfKind(...pair.stored, kind);
  if (type === undefined) throw new TypeError(`No type is named ${kind} in ${pair.stored.join('/')}`);
  return { type, toStored: pair.toStored, view: (stored) => pair.fromStored(stored.object()) };
}
