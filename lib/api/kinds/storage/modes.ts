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
