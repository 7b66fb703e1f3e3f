// Which files of a log are kept and what becomes of them. Pure: names and sizes in, steps out.

export interface RotationRule {
  readonly maxBytes: number;
  /** The one being written included; at least 2. */
  readonly maxFiles: number;
}
/** Rule: KubeletConfiguration, containerLogMaxSize and containerLogMaxFiles. */
export const standardRotation: RotationRule = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

export type RotationStep =
  | { readonly do: 'remove'; readonly name: string }
  | { readonly do: 'compress'; readonly name: string }
  /** Moves the current file away and has the runtime make a new one. */
  | { readonly do: 'rotate'; readonly from: string; readonly to: string };

/**
 * Steps for the log file `name` of `bytes`, beside which lie the files `siblings`; none while it is not large enough.
 *
 * Rotated files have the time behind their name; older ones are compressed, the newest is not, as its end may still be
 * read. Half-made ones (`.tmp`), and those beyond the limit, go.
 */
export function planRotation(
  { name, bytes, siblings }: { readonly name: string; readonly bytes: number; readonly siblings: readonly string[] },
  { maxBytes, maxFiles }: RotationRule,
  nowMs: number,
): readonly RotationStep[] {
  if (bytes <= maxBytes) return [];
  const rotated = siblings.filter((sibling) => sibling.startsWith(`${name}.`)).sort();
  const halves = rotated.filter((sibling) => sibling.endsWith('.tmp'));
  const whole = rotated.filter((sibling) => !sibling.endsWith('.tmp'));
  const excess = whole.slice(0, Math.max(0, whole.length - (maxFiles - 2)));
  const kept = whole.slice(excess.length);
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return [
    ...[...halves, ...excess].map((sibling) => ({ do: 'remove', name: sibling }) as const),
    ...kept.filter((one) => !one.endsWith('.gz')).map((one) => ({ do: 'compress', name: one }) as const),
    { do: 'rotate', from: name, to: `${name}.${stamp}` },
  ];
}
