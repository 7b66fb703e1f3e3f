// What `kubectl get` shows of custom resources. Rule: Custom Resources, "Additional printer columns".
import { age } from '../kinds/duration.ts';
import type { KubeObject } from '../resource.ts';
import type { CustomResourceColumnDefinition } from '../types/apiextensions.v1.ts';
import type { TableColumnDefinition } from '../types/meta.v1.ts';
import { findAll, parseJsonPath } from './json-path.ts';

export interface Printer {
  readonly columns: readonly TableColumnDefinition[];
  row(object: KubeObject, nowMs: number): readonly unknown[];
}

export function printerOf(definitions: readonly CustomResourceColumnDefinition[] = []): Printer {
  const shown = definitions.length === 0 ? [creation] : definitions;
  const cells = shown.map(({ jsonPath, type }) => ({ steps: parseJsonPath(jsonPath), type }));
  return {
    columns: [name, ...shown.map(columnOf)],
    row: (object, nowMs) => [
      object.metadata.name,
      ...cells.map(({ steps, type }) => {
        if (steps === undefined) return null;
        const found = findAll(object, steps);
        if (found.length === 0) return null;
        return type === 'string' ? found.map(textOf).join(' ') : cellOf(found[0], type, nowMs);
      }),
    ],
  };
}

const name: TableColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object: unique within its namespace.',
  priority: 0,
};
const creation: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: 'When the object was created.',
  jsonPath: '.metadata.creationTimestamp',
};

function columnOf(definition: CustomResourceColumnDefinition): TableColumnDefinition {
  const { name, type, format = '', description, priority = 0, jsonPath } = definition;
  const said = description || `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return { name, type, format, description: said, priority };
}

function cellOf(value: unknown, type: string, nowMs: number): unknown {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? Number(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : age(value, nowMs);
    default:
      return null;
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}
