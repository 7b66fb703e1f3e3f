/** The expression without what its texts say. */
export function withoutTexts(expression: string): string {
  return expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
}

/** Whether it is a rule on changes. */
export function usesOldSelf(expression: string): boolean {
  return /(?<![\w.])oldSelf\b/.test(withoutTexts(expression));
}
