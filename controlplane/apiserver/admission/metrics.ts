import type { Metrics } from '#lib/metrics.ts';
import type { Attributes, Plugin } from './admission.ts';

/** Each plugin, with what it takes counted. Rule: apiserver admission/metrics. */
export function measured(
  plugins: readonly Plugin[],
  metrics: Metrics,
  now: () => number = () => performance.now(),
): readonly Plugin[] {
  const controllers = metrics.histogram(
    'apiserver_admission_controller_admission_duration_seconds',
    'How long an admission plugin took for a request.',
    ['name', 'operation', 'rejected', 'type'],
    [0.005, 0.025, 0.1, 0.5, 1.0, 2.5],
  );
  return plugins.map((plugin) => {
    const observers = new Map<string, (seconds: number) => void>(); // four operations, two outcomes, two types

    function observe({ operation }: Attributes, isRejected: boolean, type: Type, fromMs: number): void {
      const key = `${operation}${isRejected}${type}`;
      let found = observers.get(key);
      if (found === undefined) {
        observers.set(key, (found = controllers.of([plugin.name, operation, String(isRejected), type])));
      }
      found((now() - fromMs) / 1000);
    }

    /** Most of them answer at once: they are spared the promise. */
    function timed<T>(type: Type, attributes: Attributes, run: () => T): T {
      const fromMs = now();
      let result: T;
      try {
        result = run();
      } catch (error) {
        observe(attributes, true, type, fromMs);
        throw error;
      }
      if (result instanceof Promise) {
        result.then(
          () => observe(attributes, false, type, fromMs),
          () => observe(attributes, true, type, fromMs),
        );
      } else observe(attributes, false, type, fromMs);
      return result;
    }

    const { mutate, validate } = plugin;
    return {
      name: plugin.name,
      ...(mutate && { mutate: (about, signal) => timed('admit', about, () => mutate(about, signal)) }),
      ...(validate && { validate: (about, signal) => timed('validate', about, () => validate(about, signal)) }),
    } satisfies Plugin;
  });
}

type Type = 'admit' | 'validate';
