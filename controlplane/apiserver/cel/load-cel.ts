import type { CompileOptions, Expression } from '#lib/cel/compile.ts';
import type { Metrics } from '#lib/metrics.ts';

export type Compile = (text: string, variables: readonly string[], options?: CompileOptions) => Expression;

/** Brings the language, which is loaded once somebody wants it: most clusters have no expressions. */
export type LoadCel = () => Promise<Compile>;

/** The language with its work counted, expression by expression. Rule: apiserver cel/metrics. */
export function createLoadCel(metrics: Metrics, now: () => number = () => performance.now()): LoadCel {
  const compiled = metrics
    .histogram('apiserver_cel_compilation_duration_seconds', 'How long an expression took to compile.', [], seconds)
    .of([]);
  const evaluated = metrics
    .histogram(
      'apiserver_cel_evaluation_duration_seconds',
      'How long an expression took for its value, with those of the variables that it was the first to want.',
      [],
      seconds,
    )
    .of([]);

  function timed<T>(observe: (seconds: number) => void, run: () => T): T {
    const fromMs = now();
    try {
      return run();
    } finally {
      observe((now() - fromMs) / 1000);
    }
  }

  return async () => {
    const { compileExpression } = await import('#lib/cel/compile.ts');
    return (text, variables, options) => {
      const expression = timed(compiled, () => compileExpression(text, variables, options));
      return {
        ...expression,
        evaluate: (values, budget) => timed(evaluated, () => expression.evaluate(values, budget)),
      };
    };
  };
}
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
