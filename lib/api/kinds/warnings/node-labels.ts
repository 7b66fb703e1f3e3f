// Node labels that have newer names. Rule: pkg/api/node, warnings.
import { at, child, type Path } from '../../field-errors.ts';
import { wrongLabelValue } from '../../names.ts';
import type { NodeSelectorTerm } from '../../types/core.v1.ts';
import type { LabelSelector } from '../../types/meta.v1.ts';

const deprecated: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** What to say of a node label of this name, if it has had its day. */
export function oldLabel(key: string): string | undefined {
  return deprecated.get(key);
}

export function oldLabelsOf(labels: Readonly<Record<string, string>>, path: (key: string) => Path): string[] {
  return Object.keys(labels).flatMap((key) => (oldLabel(key) === undefined ? [] : [`${path(key)}: ${oldLabel(key)}`]));
}

export function termWarnings(term: NodeSelectorTerm, checksValues: boolean, path: Path): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key, values }, index) => {
    const field = at(child(path, 'matchExpressions'), index);
    const warnings = oldKey(key, child(field, 'key'));
    if (!checksValues) return warnings;
    for (const [position, value] of (values ?? []).entries()) {
      for (const message of wrongLabelValue(value)) {
        warnings.push(`${at(child(field, 'values'), position)}: ${value} is invalid, ${message}`);
      }
    }
    return warnings;
  });
}

export function selectorWarnings(selector: LabelSelector | undefined, path: Path): string[] {
  const keys = (selector?.matchExpressions ?? []).flatMap(({ key }, index) =>
    oldKey(key, child(at(child(path, 'matchExpressions'), index), 'key')),
  );
  return [...keys, ...oldLabelsOf(selector?.matchLabels ?? {}, (key) => child(path, 'matchLabels', key))];
}

export function oldKey(key: string, path: Path): string[] {
  const message = oldLabel(key);
  return message === undefined ? [] : [`${path}: ${key} is ${message}`];
}
