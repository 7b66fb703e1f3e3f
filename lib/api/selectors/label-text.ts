import { badRequest, type StatusError } from '../status.ts';

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** Empty for Exists and DoesNotExist; one number for Gt and Lt. */
  readonly values: readonly string[];
}

/**
 * Reads `a=b, c!=d, e in (f,g), h notin (i), j, !k, l>1` into requirements, in order.
 * @throws {StatusError} BadRequest if the text is no selector
 */
export function parseRequirements(text: string): readonly Requirement[] {
  const tokens = scan(text);
  let next = 0;
  const peek = (): string => tokens[next] ?? '';
  const take = (): string => tokens[next++] ?? '';
  const found: Requirement[] = [];
  if (peek() === '') return found;
  while (true) {
    found.push(requirement());
    const after = take();
    if (after === '') return found;
    if (after !== ',') throw failed(`found '${after}', expected: ',' or 'end of string'`);
    if (!isWord(peek()) && peek() !== '!') throw failed(`found '${peek()}', expected: identifier after ','`);
  }

  function requirement(): Requirement {
    const isNegated = peek() === '!';
    if (isNegated) take();
    const key = take();
    if (!isWord(key)) throw failed(`unable to parse requirement: found '${key}', expected: identifier`);
    if (isNegated) return { key, operator: 'DoesNotExist', values: [] };
    if (peek() === '' || peek() === ',') return { key, operator: 'Exists', values: [] };
    return binary(key, take());
  }

  function binary(key: string, sign: string): Requirement {
    switch (sign) {
      case '=':
      case '==':
        return { key, operator: 'In', values: [exact()] };
      case '!=':
        return { key, operator: 'NotIn', values: [exact()] };
      case '>':
        return { key, operator: 'Gt', values: [exact()] };
      case '<':
        return { key, operator: 'Lt', values: [exact()] };
      case 'in':
        return { key, operator: 'In', values: list() };
      case 'notin':
        return { key, operator: 'NotIn', values: list() };
      default:
        throw failed(`unable to parse requirement: found '${sign}', expected: in, notin, =, ==, !=, gt, lt`);
    }
  }

  /** A value after a sign; nothing at all is the empty value. */
  function exact(): string {
    if (peek() === '' || peek() === ',') return '';
    const value = take();
    if (!isWord(value)) throw failed(`unable to parse requirement: found '${value}', expected: identifier`);
    return value;
  }

  function list(): readonly string[] {
    const open = take();
    if (open !== '(') throw failed(`unable to parse requirement: found '${open}', expected: '('`);
    const values = new Set<string>();
    while (true) {
      const value = take();
      if (value === ',' || value === ')') values.add('');
      else if (isWord(value)) values.add(value);
      else throw failed(`unable to parse requirement: found '${value}', expected: ',', ')' or identifier`);
      if (value === ')') return [...values];
      if (value === ',') continue;
      const after = take();
      if (after === ')') return [...values];
      if (after !== ',') throw failed(`unable to parse requirement: found '${after}', expected: ',' or ')'`);
    }
  }
}

function scan(text: string): readonly string[] {
  return text.match(/[=!]=|[=!<>(),]|[^\s=!<>(),]+/g) ?? [];
}

function isWord(token: string): boolean {
  return token !== '' && !/^[=!<>(),]/.test(token);
}

function failed(message: string): StatusError {
  return badRequest(message);
}
