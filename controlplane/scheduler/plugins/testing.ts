// Nodes that differ in nothing but their names and zones, for tests of one plugin alone.
import test from 'ava';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin } from '../plugin.ts';
import { schedule } from '../schedule.ts';
import { Snapshot } from '../snapshot.ts';

export const hostname = 'kubernetes.io/hostname';
export const zone = 'topology.kubernetes.io/zone';

/** "a1": node a in zone 1. */
export function node(text: string, spec: object = {}, labels: object = {}): Node {
  const [name, where] = [text[0]!, text.slice(1)];
  return {
    metadata: { name, labels: { [hostname]: name, ...(where === '' ? {} : { [zone]: where }), ...labels } },
    spec,
    status: { allocatable: { cpu: '10', memory: '10Gi', pods: '100' } },
  } as unknown as Node;
}

let count = 0;
export function pod(labels: object, on?: string, spec: object = {}, namespace = 'default'): Pod {
  const name = `p${count++}`;
  return {
    metadata: { name, namespace, uid: name, labels },
    spec: { containers: [{ name: 'c' }], ...(on === undefined ? {} : { nodeName: on }), ...spec },
    status: {},
  } as unknown as Pod;
}

export interface Case {
  readonly plugin: Plugin;
  readonly nodes: readonly Node[];
  readonly pods?: readonly Pod[];
  readonly namespaces?: Readonly<Record<string, Record<string, string>>>;
  readonly wanted: Pod;
}

export const goes = test.macro<[string, Case, string | undefined]>({
  title: (_title, what, { plugin }) => `${plugin.name} ${what}`,
  exec(t, _what, { plugin, nodes, pods = [], namespaces = {}, wanted }, expected) {
    const world = new Snapshot((name) => namespaces[name] ?? {});
    for (const one of nodes) world.setNode(one);
    for (const one of pods) world.setPod(one);
    t.is(schedule(wanted, world, [plugin], 0).node, expected);
  },
});
