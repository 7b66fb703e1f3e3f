// Whether a LimitRange may be stored. Pure. Rule: core validation ValidateLimitRange.
import { at, child, duplicate, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import { compareQuantities, readQuantity } from '../../quantity.ts';
import type { LimitRange, LimitRangeItem } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { mayOvercommit, validateContainerResourceName, validateResourceName } from '../pod/resource-names.ts';

export function validateLimitRange({ spec }: LimitRange): StatusCause[] {
  const taken = new Set<string>();
  return (spec?.limits ?? []).flatMap((limit, index) => {
    const path = at('spec.limits', index);
    const type = limit.type ?? '';
    const causes = validateType(type, child(path, 'type'));
    if (taken.has(type)) causes.push(duplicate(child(path, 'type'), type));
    taken.add(type);
    return [...causes, ...validateNames(limit, path), ...validateAmounts(limit, path)];
  });
}

function validateType(type: string, path: Path): StatusCause[] {
  const causes = wrongQualifiedName(type).map((message) => invalidValue(path, type, message));
  if (causes.length > 0 || type.includes('/') || standard.includes(type)) return causes;
  return [invalidValue(path, type, 'must be a standard limit type or fully qualified')];
}
const standard: readonly string[] = ['Pod', 'Container', 'PersistentVolumeClaim'];

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type Named = (typeof lists)[number];

/** Pods as a whole get no defaults. */
function isOf(list: Named, { type }: LimitRangeItem): boolean {
  return type !== 'Pod' || !list.startsWith('default');
}

function validateNames(limit: LimitRangeItem, path: Path): StatusCause[] {
  const rule =
    limit.type === 'Pod' || limit.type === 'Container' ? validateContainerResourceName : validateResourceName;
  const causes: StatusCause[] = [];
  for (const list of lists) {
    const names = Object.keys(limit[list] ?? {});
    const field = child(path, list);
    if (isOf(list, limit)) causes.push(...names.flatMap((name) => rule(name, at(field, name))));
    else if (names.length > 0) causes.push(forbiddenField(field, "may not be specified when `type` is 'Pod'"));
  }
  const isSized = limit.min?.['storage'] !== undefined || limit.max?.['storage'] !== undefined;
  if (limit.type !== 'PersistentVolumeClaim' || isSized) return causes;
  const why = 'either minimum or maximum storage value is required, but neither was provided';
  return [...causes, required(child(path, 'limits'), why)];
}

/** Each pair that has an order: where the error stands, the low one, the high one, their names, and what it shows. */
const pairs = [
  ['min', 'min', 'max', 'min', 'max', 'min'],
  ['defaultRequest', 'min', 'defaultRequest', 'min', 'default request', 'defaultRequest'],
  ['defaultRequest', 'defaultRequest', 'max', 'default request', 'max', 'defaultRequest'],
  ['defaultRequest', 'defaultRequest', 'default', 'default request', 'default limit', 'defaultRequest'],
  ['default', 'min', 'default', 'min', 'default', 'min'],
  ['default', 'default', 'max', 'default', 'max', 'max'],
] as const;

function validateAmounts(limit: LimitRangeItem, path: Path): StatusCause[] {
  const names = new Set(lists.flatMap((list) => (isOf(list, limit) ? Object.keys(limit[list] ?? {}) : [])));
  return [...names].sort().flatMap((name) => {
    const amounts = amountsOf(limit, name);
    const field = (list: Named): Path => at(child(path, list), name);
    return [
      ...validateOrder(amounts, field),
      ...validateRatio(amounts, field('maxLimitRequestRatio')),
      ...validateEqual(amounts, name, field('defaultRequest')),
    ];
  });
}

type Amounts = Readonly<Partial<Record<Named, string>>>;

/** Of what is no amount the schema tells. */
function amountsOf(limit: LimitRangeItem, name: string): Amounts {
  const amounts: Partial<Record<Named, string>> = {};
  for (const list of lists) {
    const amount = isOf(list, limit) ? limit[list]?.[name] : undefined;
    if (amount !== undefined && readQuantity(amount) !== undefined) amounts[list] = amount;
  }
  return amounts;
}

function validateOrder(amounts: Amounts, field: (list: Named) => Path): StatusCause[] {
  return pairs.flatMap(([where, low, high, lowName, highName, shown]) => {
    const [least, most] = [amounts[low], amounts[high]];
    if (least === undefined || most === undefined || compareQuantities(least, most) <= 0) return [];
    const why = `${lowName} value ${least} is greater than ${highName} value ${most}`;
    return [invalidValue(field(where), amounts[shown], why)];
  });
}

function validateRatio({ maxLimitRequestRatio: ratio, min, max }: Amounts, path: Path): StatusCause[] {
  if (ratio === undefined) return [];
  const causes: StatusCause[] = [];
  if (compareQuantities(ratio, '1') < 0) causes.push(invalidValue(path, ratio, `ratio ${ratio} is less than 1`));
  if (min === undefined || max === undefined) return causes;
  const most = inThousandths(max) / inThousandths(min);
  if (inThousandths(ratio) / 1000 <= most || Number.isNaN(most)) return causes;
  return [...causes, invalidValue(path, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)];
}

/** Rounded up. */
function inThousandths(amount: string): number {
  return Number((readQuantity(amount)!.nanos + 999_999n) / 1_000_000n);
}

/** What is handed out whole is asked for as it is limited. */
function validateEqual({ default: limit, defaultRequest: request }: Amounts, name: string, path: Path): StatusCause[] {
  if (limit === undefined || request === undefined || mayOvercommit(name)) return [];
  if (compareQuantities(limit, request) === 0) return [];
  const why = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
  return [invalidValue(path, request, why)];
}
