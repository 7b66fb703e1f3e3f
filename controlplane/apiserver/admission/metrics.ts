import type { Metrics } from '#lib/metrics.ts';
import type { Admission, Attributes, Plugin } from './admission.ts';

/** The whole chain, with what each of its two steps takes counted. Rule: apiserver admission/metrics. */
export function stepsMeasured(
  admission: Admission,
  metrics: Metrics,
  now: () => number = () => performance.now(),
): Admission {
  const steps = metrics.histogram(
    'apiserver_admission_step_admission_duration_seconds',
    'How long all admission plugins together took for a request.',
    ['operation', 'rejected', 'type'],
    seconds,
  );
  const observe = createObserver(({ operation }, isRejected, type) => steps.of([operation, String(isRejected), type]));

  async function timed(type: Type, attributes: Attributes, run: () => Promise<void>): Promise<void> {
    const fromMs = now();
    let isRejected = true;
    try {
      await run();
      isRejected = false;
    } finally {
      observe(attributes, isRejected, type, (now() - fromMs) / 1000);
    }
  }

  return {
    mutate: (about, signal) => timed('admit', about, () => admission.mutate(about, signal)),
    validate: (about, signal) => timed('validate', about, () => admission.validate(about, signal)),
  };
}

/** Each plugin, with what it takes counted. Rule: the same. */
export function measured(
  plugins: readonly Plugin[],
  metrics: Metrics,
  now: () => number = () => performance.now(),
): readonly Plugin[] {
  const controllers = metrics.histogram(
    'apiserver_admission_controller_admission_duration_seconds',
    'How long an admission plugin took for a request.',
    ['name', 'operation', 'rejected', 'type'],
    seconds,
  );
  return plugins.map((plugin) => {
    const observe = createObserver(({ operation }, isRejected, type) =>
      controllers.of([plugin.name, operation, String(isRejected), type]),
    );

    /** Most of them answer at once: they are spared the promise. */
    function timed<T>(type: Type, attributes: Attributes, run: () => T): T {
      const fromMs = now();
      let result: T;
      try {
        result = run();
      } catch (error) {
        observe(attributes, true, type, (now() - fromMs) / 1000);
        throw error;
      }
      if (result instanceof Promise) {
        result.then(
          () => observe(attributes, false, type, (now() - fromMs) / 1000),
          () => observe(attributes, true, type, (now() - fromMs) / 1000),
        );
      } else observe(attributes, false, type, (now() - fromMs) / 1000);
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

const seconds = [0.005, 0.025, 0.1, 0.5, 1.0, 2.5];

type Type = 'admit' | 'validate';

/** Writes to what `open` gives for each operation, outcome and type, and asks it once for each: there are sixteen. */
function createObserver(open: (attributes: Attributes, isRejected: boolean, type: Type) => (seconds: number) => void) {
  const observers = new Map<string, ((seconds: number) => void)[]>();
  return (attributes: Attributes, isRejected: boolean, type: Type, took: number): void => {
    let ofOperation = observers.get(attributes.operation);
    if (ofOperation === undefined) observers.set(attributes.operation, (ofOperation = []));
    const at = (type === 'admit' ? 0 : 2) + (isRejected ? 1 : 0);
    (ofOperation[at] ??= open(attributes, isRejected, type))(took);
  };
}
