import { fromCel } from './values.ts';

/** `text` with its verbs replaced by what they make of `values`. Rule: cel-go ext, strings, format. */
export function formatText(text: string, values: readonly unknown[]): string {
  let at = 0;
  const result = text.replace(/%(?:%|(?:\.(\d+))?([a-zA-Z])|[\s\S]?)/g, (whole, digits?: string, verb?: string) => {
    if (whole === '%%') return '%';
    if (verb === undefined) throw new Error('could not parse formatting clause');
    if (at >= values.length) throw new Error(`index ${at} out of range`);
    return clause(verb, digits === undefined ? undefined : Number(digits), values[at++]);
  });
  return result;
}

function clause(verb: string, digits: number | undefined, value: unknown): string {
  if (digits !== undefined && digits > mostDigits) throw new Error(`precision must be at most ${mostDigits}`);
  switch (verb) {
    case 's':
      return textOf(value);
    case 'd':
      if (typeof value === 'bigint') return String(value);
      break;
    case 'f':
      if (isNumber(value)) return Number(value).toFixed(digits ?? 6);
      break;
    case 'e':
      if (isNumber(value))
        return Number(value)
          .toExponential(digits ?? 6)
          .replace(/e([+-])(\d)$/, 'e$10$2');
      break;
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (typeof value === 'bigint') return value.toString(2);
      break;
    case 'o':
      if (typeof value === 'bigint') return value.toString(8);
      break;
    case 'x':
    case 'X': {
      const hex = hexOf(value);
      if (hex !== undefined) return verb === 'X' ? hex.toUpperCase() : hex;
      break;
    }
    default:
      throw new Error(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
  throw new Error(`error during formatting: %${verb} does not take a value of this type`);
}
const mostDigits = 100;

function isNumber(value: unknown): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function hexOf(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString(16);
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : undefined;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (value instanceof Map) {
    const rows = [...value].map(([key, one]) => `${textOf(key)}: ${textOf(one)}`);
    return `{${rows.sort().join(', ')}}`;
  }
  return String(fromCel(value));
}
