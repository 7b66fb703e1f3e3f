import { wrongQualifiedName } from '../../names.ts';
import type { KubeObject } from '../../resource.ts';

const standard = new Set(['foregroundDeletion', 'kubernetes', 'orphan']);

/** Of the finalizers that a custom resource gets now. Rule: customresource strategy, generateWarningsFromObj. */
export function finalizerWarnings({ metadata }: KubeObject, previous?: KubeObject): string[] {
  const before = new Set(previous?.metadata.finalizers);
  const added = [...new Set(metadata.finalizers)].filter((name) => !before.has(name)).sort();
  return added.flatMap((name) => {
    const says = (message: string) => `metadata.finalizers: "${name}": ${message}`;
    const wrong = wrongQualifiedName(name).map(says);
    if (name.includes('/') || standard.has(name)) return wrong;
    const why = 'prefer a domain-qualified finalizer name including a path (/)';
    return [...wrong, says(`${why} to avoid accidental conflicts with other finalizer writers`)];
  });
}
