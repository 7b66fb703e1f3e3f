// Budgets of all rules of one schema. Pure. Rule: apiextensions-apiserver validation, StaticEstimatedCostLimit and
// StaticEstimatedCRDCostLimit.
import { child, forbiddenField, type Path } from '../field-errors.ts';
import type { StatusCause } from '../types/meta.v1.ts';

const mostOfOne = 10_000_000;
const mostOfAll = 100_000_000;

export interface RuleCosts {
  /** `what`: is estimated. */
  add(field: Path, what: string, cost: number): void;
  /** `path`: of the schema. */
  causes(path: Path): readonly StatusCause[];
}

export function createRuleCosts(): RuleCosts {
  const all: { readonly field: Path; readonly what: string; readonly cost: number }[] = [];
  return {
    add(field, what, cost) {
      all.push({ field, what, cost });
    },
    causes(path) {
      const each = all.flatMap(({ field, what, cost }) =>
        cost > mostOfOne ? [forbiddenField(field, excess(what, cost, mostOfOne))] : [],
      );
      const total = all.reduce((sum, { cost }) => sum + cost, 0);
      if (total <= mostOfAll) return each;
      const dear = all.toSorted((a, b) => b.cost - a.cost).slice(0, mostNamed);
      const part = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
      const whole = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
      return [
        ...each,
        ...dear.filter(({ cost }) => cost > 0).map(({ field }) => forbiddenField(field, part)),
        forbiddenField(child(path), excess(whole, total, mostOfAll)),
      ];
    },
  };
}
const mostNamed = 4;

function excess(what: string, cost: number, most: number): string {
  const factor = cost / most;
  const times = factor > 100 ? 'more than 100' : factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1);
  return `${what} exceeds budget by factor of ${times}x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
