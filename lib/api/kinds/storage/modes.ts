import { forbiddenField, notSupported, type Path } from '../../field-errors.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const short = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

export const accessModes: readonly string[] = [...short.keys()];

/** `RWO,ROX`, each once, in upstream's order. */
export function modesText(modes: readonly string[] | undefined): string {
  return [...short]
    .filter(([mode]) => (modes ?? []).includes(mode))
    .map(([, text]) => text)
    .join(',');
}

export const volumeModes: readonly string[] = ['Block', 'Filesystem'];

/** One pod alone goes with no other way of access. */
export function validateAccessModes(modes: readonly string[], path: Path): StatusCause[] {
  const causes = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported(path, mode, accessModes));
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode));
  if (!modes.includes('ReadWriteOncePod') || !others) return causes;
  return [...causes, forbiddenField(path, 'may not use ReadWriteOncePod with other access modes')];
}
