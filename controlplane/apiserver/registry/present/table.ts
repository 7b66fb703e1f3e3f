import type { KindRules } from '#lib/api/kinds/kind-rules.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { badRequest } from '#lib/api/status.ts';
import type { ListMeta, Table } from '#lib/api/types/meta.v1.ts';
import { metadataOf } from './metadata.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** @throws {StatusError} BadRequest */
export function readIncludeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}

export interface TableParts {
  readonly objects: readonly KubeObject[];
  readonly meta: ListMeta;
  readonly rules: KindRules;
  readonly includeObject: IncludeObject;
  readonly metaVersion: string;
  readonly nowMs: number;
  readonly withColumns: boolean;
}

/** Rule: meta.k8s.io Table. */
export function tableOf({ objects, meta, rules, includeObject, metaVersion, nowMs, withColumns }: TableParts): Table {
  const rows = objects.map((object) => {
    const row = rules.row(object, nowMs);
    if (includeObject === 'None') return { ...row, object: null };
    return { ...row, object: includeObject === 'Object' ? object : metadataOf(object, metaVersion) };
  });
  const columnDefinitions = withColumns ? rules.columns : null;
  return { kind: 'Table', apiVersion: metaVersion, metadata: meta, columnDefinitions, rows } as unknown as Table;
}
