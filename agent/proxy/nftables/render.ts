import type { Family } from '#lib/ip.ts';
import { hash } from '../hash.ts';
import { tableName } from './base.ts';
import { splitObject } from './objects.ts';

/** An object that is to become `text`, or to go; `isThere`: some text of it is in the kernel. */
export interface ObjectChange {
  readonly id: string;
  readonly text: string | undefined;
  readonly isThere: boolean;
}

/**
 * The text that makes `nft -f` do `changes`, in one transaction; '' for none. With `isWhole` the table is first taken away, if it was
 * there: in the same transaction, so that no packet meets an empty one.
 */
export function renderObjects(changes: readonly ObjectChange[], family: Family, isWhole: boolean): string {
  const table = `${family === 4 ? 'ip' : 'ip6'} ${tableName}`;
  const byKind = Map.groupBy(changes, ({ id }) => id.slice(0, id.indexOf(' ')));
  const of = (...kinds: readonly string[]) => kinds.flatMap((kind) => byKind.get(kind) ?? []);
  const chains = of('chain');
  const made = chains.filter(({ text }) => text !== undefined);
  const lines = [
    ...(isWhole ? [`add table ${table}`, `delete table ${table}`, `add table ${table}`] : []),
    ...of('set', 'map').flatMap(({ id, text, isThere }) => (text === undefined || isThere ? [] : add(table, id, text))),
    ...made.flatMap((change) => addChain(table, change)),
    ...made.flatMap(({ id, text }) => addRules(table, id, text!)),
    ...elementLines(
      'delete',
      table,
      of('element').filter(({ isThere }) => isThere),
    ),
    ...elementLines(
      'add',
      table,
      of('element').filter(({ text }) => text !== undefined),
    ),
    // Emptied before the first one goes: chains that lead to each other would hold each other.
    ...chains.filter(({ text }) => text === undefined).map(({ id }) => `flush chain ${table} ${splitObject(id).name}`),
    ...of('chain', 'set', 'map')
      .filter(({ text, isThere }) => text === undefined && isThere)
      .sort((a, b) => (a.id < b.id ? -1 : 1)) // chains first: they use sets
      .map(({ id }) => `delete ${splitObject(id).kind} ${table} ${splitObject(id).name}`),
  ];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function add(table: string, id: string, definition: string): string {
  const { kind, name } = splitObject(id);
  return `add ${kind} ${table} ${name} { ${definition} }`;
}

function addChain(table: string, { id, text, isThere }: ObjectChange): readonly string[] {
  const { name } = splitObject(id);
  const hook = text!.slice(0, text!.indexOf('\n'));
  if (isThere) return [`flush chain ${table} ${name}`];
  return [`add chain ${table} ${name}${hook === '' ? '' : ` { ${hook} }`}`];
}

function addRules(table: string, id: string, text: string): readonly string[] {
  const { name } = splitObject(id);
  const rules = text.split('\n').slice(1);
  return rules.map((rule) => `add rule ${table} ${name} ${rule} comment "${hash(rule)}"`);
}

function elementLines(verb: 'add' | 'delete', table: string, changes: readonly ObjectChange[]): readonly string[] {
  const sets = Map.groupBy(changes, ({ id }) => splitObject(id).name);
  return [...sets].map(([set, members]) => {
    const entries = members.map(({ id, text }) => {
      const { key } = splitObject(id);
      return verb === 'delete' || text === '' || text === undefined ? key : `${key} : ${text}`;
    });
    return `${verb} element ${table} ${set} { ${entries.join(', ')} }`;
  });
}
