import { milliValue, wholeValue } from '#lib/api/quantity.ts';

/** Thousandths of a CPU. */
export function milliCpu(quantity: string | undefined): number {
  return quantity === undefined ? 0 : milliValue(quantity);
}

/** Whole units, such as bytes. */
export function units(quantity: string | undefined): number {
  return quantity === undefined ? 0 : wholeValue(quantity);
}
