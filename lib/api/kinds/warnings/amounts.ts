import { at, type Path } from '../../field-errors.ts';
import { quantityText, readQuantity } from '../../quantity.ts';

/** Bytes come in whole numbers. Rule: pkg/api/pod and persistentvolumeclaim, warnings. */
export function fractionWarnings(
  amounts: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
  path: Path,
): string[] {
  return names.flatMap((name) => {
    const quantity = readQuantity(amounts?.[name] ?? '0');
    if (quantity === undefined || quantity.nanos % 1_000_000_000n === 0n) return [];
    return [`${at(path, name)}: fractional byte value "${quantityText(quantity)}" is invalid, must be an integer`];
  });
}

/** What of a claim's spec is worth a warning. */
export function claimSpecWarnings(
  spec: { readonly resources?: Resources | undefined } | undefined,
  path: Path,
): string[] {
  const { requests, limits } = spec?.resources ?? {};
  return [
    ...fractionWarnings(requests, ['storage'], `${path}.resources.requests`),
    ...fractionWarnings(limits, ['storage'], `${path}.resources.limits`),
  ];
}

interface Resources {
  readonly requests?: Readonly<Record<string, string>> | undefined;
  readonly limits?: Readonly<Record<string, string>> | undefined;
}
