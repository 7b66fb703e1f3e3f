/**
 * How many times `divisor` fits into `quantity`, rounded up, counted in thousandths of a unit (`cpu`) or in whole units.
 *
 * Rule: downward API, "divisor"; a zero divisor counts as 1.
 */
export function quantityRatio(quantity: string, divisor: string | undefined, in1000ths: boolean): string {
  const scale = in1000ths ? 1000n : 1n;
  const asked = scaled(divisor ?? '0', scale);
  const by = asked === 0n ? scale : asked;
  return `${ceilDivide(scaled(quantity, scale), by)}`;
}

/** `quantity` times `scale`, rounded up (away from zero). */
function scaled(quantity: string, scale: bigint): bigint {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|([KMGTPE]i)|([numkMGTPE]))?$/.exec(quantity);
  if (parts === null) throw new RangeError(`Cannot read quantity ${JSON.stringify(quantity)}`);
  const [, sign, whole = '', fraction = '', exponent, binary, decimal] = parts;
  const power = exponent === undefined ? (decimal === undefined ? 0 : powers[decimal]!) : Number(exponent.slice(1));
  if (Math.abs(power) > 30) throw new RangeError(`Cannot read quantity ${JSON.stringify(quantity)}`);
  let above = BigInt(`${whole}${fraction}` || '0') * scale;
  let below = 10n ** BigInt(fraction.length);
  if (binary !== undefined) above *= 1024n ** BigInt('KMGTPE'.indexOf(binary[0]!) + 1);
  if (power >= 0) above *= 10n ** BigInt(power);
  else below *= 10n ** BigInt(-power);
  const rounded = ceilDivide(above, below);
  return sign === '-' ? -rounded : rounded;
}
const powers: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

function ceilDivide(above: bigint, below: bigint): bigint {
  return (above + below - 1n) / below;
}
