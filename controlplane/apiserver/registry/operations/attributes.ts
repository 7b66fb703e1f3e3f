import { shapeOf } from '#lib/api/apply/shape.ts';
import { copyOf } from '#lib/api/copy.ts';
import { conformObject } from '#lib/api/json/decode.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { Attributes } from '../../admission/admission.ts';
import { checkKind, type Expected, expectedOf } from '../codec.ts';
import type { ResourceCall } from '../registry.ts';
import { optionsOf } from '../request-options.ts';
import type { Warnings } from '../respond.ts';
import type { Served } from '../served.ts';
import { equivalentsOf } from './equivalents.ts';
import { shapeFor } from './ownership.ts';

/** One request with what was read of it. */
export interface Request {
  readonly call: ResourceCall;
  readonly warnings: Warnings;
  readonly isDryRun: boolean;
}

export interface Subject {
  readonly operation: Attributes['operation'];
  readonly name: string;
  readonly object?: ApiObject;
  readonly oldObject?: KubeObject;
  /** Of what kind `object` is, where it is not what the path names (Binding, Eviction). */
  readonly expected?: Expected;
}

export function attributesOf(
  served: Served,
  { call, warnings, isDryRun }: Request,
  { expected, ...subject }: Subject,
): Attributes {
  return {
    ...subject,
    group: served.group,
    version: served.version,
    kind: expected?.kind ?? served.kind,
    resource: served.plural,
    subresource: call.subresource ?? '',
    namespace: call.namespace ?? (served.group === '' && served.plural === 'namespaces' ? subject.name : ''),
    user: call.user,
    isDryRun,
    ...(expected === undefined ? { equivalents: equivalentsOf(served, call.signal) } : {}),
    shape: expected === undefined ? shapeFor(served) : shapeOf(expected.type),
    options: () => optionsOf(call, isDryRun),
    ...(subject.object === undefined ? {} : { revise: (raw: unknown) => revised(served, raw, expected) }),
    warn: warnings.add,
  };
}

/** `raw` as it would be had the client sent it. */
function revised(served: Served, raw: unknown, expected: Expected | undefined): ApiObject {
  const { object } = conformObject(raw as Record<string, unknown>, (expected ?? served).type);
  const next = checkKind(copyOf(object), expected ?? expectedOf(served));
  if (expected === undefined) served.rules.applyDefaults(next);
  return next;
}
