import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { Attributes } from '../../admission/admission.ts';
import type { ResourceCall } from '../registry.ts';
import type { Warnings } from '../respond.ts';
import type { Served } from '../served.ts';

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
}

export function attributesOf(served: Served, { call, warnings, isDryRun }: Request, subject: Subject): Attributes {
  return {
    ...subject,
    group: served.group,
    version: served.version,
    kind: served.kind,
    resource: served.plural,
    subresource: call.subresource ?? '',
    namespace: call.namespace ?? (served.group === '' && served.plural === 'namespaces' ? subject.name : ''),
    user: call.user,
    isDryRun,
    warn: warnings.add,
  };
}
