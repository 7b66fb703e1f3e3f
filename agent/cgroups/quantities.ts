import { quantityRatio } from '../pods/quantity-ratio.ts';

/** Thousandths of a CPU. */
export function milliCpu(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(quantityRatio(quantity, '1m', true));
}

/** Whole units, such as bytes. */
export function units(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(quantityRatio(quantity, '1', false));
}
