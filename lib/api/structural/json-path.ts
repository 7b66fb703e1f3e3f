// The part of JSONPath that printer columns use. Rule: kubectl's "JSONPath Support", without ranges and functions.
import { isStruct } from './structural.ts';

export type Step =
  | { readonly do: 'field'; readonly name: string }
  | { readonly do: 'index'; readonly index: number }
  | { readonly do: 'slice'; readonly from: number; readonly to: number | undefined }
  | { readonly do: 'all' }
  | { readonly do: 'descend' }
  | { readonly do: 'filter'; readonly path: readonly Step[]; readonly operator: string; readonly value: unknown };

/** Undefined: `text` is no path that is known here. */
export function parseJsonPath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = text.replace(/^\{(.*)\}$/s, '$1').replace(/^[$@]/, '');
  while (rest !== '') {
    const found = first(rest);
    if (found === undefined) return undefined;
    if (found.step !== undefined) steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps;
}

interface Found {
  readonly step: Step | undefined;
  readonly length: number;
}

function first(text: string): Found | undefined {
  for (const [form, step] of forms) {
    const match = form.exec(text);
    if (match === null) continue;
    const made = step(match);
    return made === 'wrong' ? undefined : { step: made, length: match[0].length };
  }
  return undefined;
}

const forms: readonly (readonly [RegExp, (match: RegExpExecArray) => Step | undefined | 'wrong'])[] = [
  [/^\.\.(?=[^.])/, () => ({ do: 'descend' })],
  [/^\.?\[\*\]|^\.?\*/, () => ({ do: 'all' })],
  [/^\.?\[(-?\d+)\]/, ([, index]) => ({ do: 'index', index: Number(index) })],
  [
    /^\.?\[(-?\d*):(-?\d*)\]/,
    ([, from, to]) => ({ do: 'slice', from: Number(from || 0), to: to === '' ? undefined : Number(to) }),
  ],
  [/^\.?\[\?\(((?:[^"'\]]|"[^"]*"|'[^']*')*)\)\]/, ([, text]) => filterOf(text!)],
  [/^\.?\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/, ([, one, other]) => fieldOf(one ?? other!)],
  [/^\.?((?:[^.[\]\\]|\\.)+)/, ([, name]) => fieldOf(name!)],
  [/^\.$/, () => undefined],
];

function fieldOf(name: string): Step {
  return { do: 'field', name: name.replace(/\\(.)/g, '$1') };
}

function filterOf(text: string): Step | 'wrong' {
  const [, left = '', operator = '', right = ''] =
    /^\s*@([^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.*?)\s*)?$/s.exec(text) ?? [];
  const path = parseJsonPath(left);
  if (path === undefined || (left === '' && operator === '')) return 'wrong';
  if (operator === '') return { do: 'filter', path, operator, value: undefined };
  const quoted = /^(?:'(.*)'|"(.*)")$/s.exec(right);
  if (quoted !== null) return { do: 'filter', path, operator, value: quoted[1] ?? quoted[2] };
  if (right === 'true' || right === 'false') return { do: 'filter', path, operator, value: right === 'true' };
  return Number.isNaN(Number(right)) ? 'wrong' : { do: 'filter', path, operator, value: Number(right) };
}

/** All that `steps` lead to in `value`, in order; bounded, as paths with `..` can lead to much. */
export function findAll(value: unknown, steps: readonly Step[]): readonly unknown[] {
  let found: readonly unknown[] = [value];
  for (const step of steps) found = found.flatMap((one) => [...follow(one, step)]).slice(0, most);
  return found;
}
const most = 10_000;

function follow(value: unknown, step: Step): readonly unknown[] {
  switch (step.do) {
    case 'field':
      return isStruct(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'index':
      return Array.isArray(value) ? value.slice(step.index, step.index === -1 ? undefined : step.index + 1) : [];
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case 'all':
      return Array.isArray(value) ? value : isStruct(value) ? Object.values(value) : [];
    case 'descend':
      return [value, ...follow(value, { do: 'all' }).flatMap((one) => follow(one, step))];
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => passes(item, step)) : [];
  }
}

function passes(item: unknown, { path, operator, value }: Extract<Step, { do: 'filter' }>): boolean {
  const found = findAll(item, path);
  if (operator === '') return found.length > 0;
  return found.some((one) => compare(one, operator, value));
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const [a, b] = [left, right as typeof left];
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
}

/** `value` with what the plain fields of `steps` lead to set; structs on the way are made. */
export function withField(
  value: Readonly<Record<string, unknown>>,
  steps: readonly Step[],
  to: unknown,
): Record<string, unknown> {
  const [step, ...rest] = steps;
  if (step?.do !== 'field') return { ...value };
  const below = value[step.name];
  return { ...value, [step.name]: rest.length === 0 ? to : withField(isStruct(below) ? below : {}, rest, to) };
}
