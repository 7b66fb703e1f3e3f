/**
 * Numbers for Prometheus, in its text format 0.0.4. Small on purpose: a library for it costs each process 20 MB.
 * The number of series of one metric is bounded; beyond it new label values are counted under `other`.
 */
export interface Metrics {
  counter(name: string, help: string, labels: readonly string[]): Counter;
  gauge(name: string, help: string, labels: readonly string[]): Gauge;
  /** Values are read anew at each `render`. */
  gaugeFrom(name: string, help: string, labels: readonly string[], read: () => Iterable<Sample>): void;
  /** The same for what only grows. */
  counterFrom(name: string, help: string, labels: readonly string[], read: () => Iterable<Sample>): void;
  histogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): Histogram;
  /** Drops every series that has all of these label values: what they are about is gone. */
  forget(labels: Readonly<Record<string, string>>): void;
  render(): string;
}

export interface Counter {
  add(values: readonly string[], by?: number): void;
  /** The same for what is counted often: the labels are written once. */
  of(values: readonly string[]): (by?: number) => void;
}

export interface Gauge {
  set(values: readonly string[], to: number): void;
  add(values: readonly string[], by: number): void;
  /** `add` for what is counted often: the labels are written once. */
  of(values: readonly string[]): (by: number) => void;
}

export interface Histogram {
  observe(values: readonly string[], value: number): void;
  /** The same for what is observed often, so many times the same: the labels are written once. */
  of(values: readonly string[]): (value: number, times?: number) => void;
}

export interface Sample {
  readonly values: readonly string[];
  readonly value: number;
}

export function createMetrics(): Metrics {
  const families = new Map<string, () => string>();
  // Who asks for a name again counts on: a controller may be started twice, or anew.
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const stores: Map<string, unknown>[] = [];
  let forgotten = 0; // so often

  function register(name: string, help: string, type: string, lines: () => Iterable<string>): void {
    const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    families.set(name, () => `${head}${[...lines()].join('')}`);
  }

  function readAnew(
    name: string,
    help: string,
    type: string,
    labels: readonly string[],
    read: () => Iterable<Sample>,
  ): void {
    register(name, help, type, () =>
      [...read()].map(({ values, value }) => `${name}${render(labels, values)} ${shown(value)}\n`),
    );
  }

  /** The series of one key, looked up again only after some have been forgotten: it may be among them. */
  function keeping<T>(key: string, at: (key: string) => T): () => T {
    let [one, since] = [undefined as T | undefined, forgotten];
    return () => {
      if (one === undefined || since !== forgotten) [one, since] = [at(key), forgotten];
      return one;
    };
  }

  function numbers(name: string, help: string, type: string, labels: readonly string[]): Gauge {
    return among(gauges, name, () => makeNumbers(name, help, type, labels));
  }

  function makeNumbers(name: string, help: string, type: string, labels: readonly string[]): Gauge {
    const series = new Map<string, { value: number }>();
    stores.push(series);
    register(name, help, type, () => [...series].map(([key, { value }]) => `${name}${key} ${value}\n`));
    const keyOf = createKeys(series, labels);
    const at = (key: string) => among(series, key, () => ({ value: 0 }));
    return {
      set(values, to) {
        at(keyOf(values)).value = to;
      },
      add(values, by) {
        at(keyOf(values)).value += by;
      },
      of(values) {
        const one = keeping(keyOf(values), at);
        return (by) => {
          one().value += by;
        };
      },
    };
  }

  function makeHistogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): Histogram {
    const series = new Map<string, Observed>();
    stores.push(series);
    const keyOf = createKeys(series, labels);
    register(name, help, 'histogram', () => [...series].map(([key, one]) => renderHistogram(name, key, buckets, one)));
    const at = (key: string) => among(series, key, () => ({ counts: buckets.map(() => 0), sum: 0, total: 0 }));
    return {
      observe: (values, value) => observe(at(keyOf(values)), buckets, value, 1),
      of(values) {
        const one = keeping(keyOf(values), at);
        return (value, times = 1) => observe(one(), buckets, value, times);
      },
    };
  }

  return {
    counter(name, help, labels) {
      const series = numbers(name, help, 'counter', labels);
      return {
        add: (values, by = 1) => series.add(values, by),
        of(values) {
          const add = series.of(values);
          return (by = 1) => add(by);
        },
      };
    },
    gauge: (name, help, labels) => numbers(name, help, 'gauge', labels),
    gaugeFrom: (name, help, labels, read) => readAnew(name, help, 'gauge', labels, read),
    counterFrom: (name, help, labels, read) => readAnew(name, help, 'counter', labels, read),
    histogram: (name, help, labels, buckets) =>
      among(histograms, name, () => makeHistogram(name, help, labels, buckets)),
    forget(labels) {
      forgotten += 1;
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
      for (const store of stores)
        for (const key of store.keys()) {
          if (pairs.every((pair) => key.includes(`{${pair}`) || key.includes(`,${pair}`))) store.delete(key);
        }
    },
    render: () => [...families.values()].map((family) => family()).join(''),
  };
}

/** What a histogram has seen. */
interface Observed {
  /** Of each bucket alone. */
  readonly counts: number[];
  sum: number;
  total: number;
}

function observe(one: Observed, buckets: readonly number[], value: number, times: number): void {
  let at = 0;
  while (at < buckets.length && !(value <= buckets[at]!)) at += 1;
  if (at < buckets.length) one.counts[at]! += times;
  one.sum += value * times;
  one.total += times;
}

function among<T>(all: Map<string, T>, name: string, make: () => T): T {
  let one = all.get(name);
  if (one === undefined) all.set(name, (one = make()));
  return one;
}

function renderHistogram(name: string, key: string, buckets: readonly number[], one: Observed): string {
  const open = key === '' ? '{' : `${key.slice(0, -1)},`;
  let below = 0;
  const lines = buckets.map((most, at) => `${name}_bucket${open}le="${most}"} ${(below += one.counts[at]!)}\n`);
  lines.push(`${name}_bucket${open}le="+Inf"} ${one.total}\n`, `${name}_sum${key} ${one.sum}\n`);
  return `${lines.join('')}${name}_count${key} ${one.total}\n`;
}

/** Rule: Prometheus' text format, which calls the infinite otherwise than JavaScript does. */
function shown(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

function render(labels: readonly string[], values: readonly string[]): string {
  if (labels.length === 0) return '';
  return `{${labels.map((label, at) => `${label}="${escaped(values[at] ?? '')}"`).join(',')}}`;
}

function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
}

/** What a series is kept under; what was rendered stays at hand, as each request counts in several of them. */
function createKeys(
  series: ReadonlyMap<string, unknown>,
  labels: readonly string[],
): (values: readonly string[]) => string {
  const keys = new Map<string, string>();
  return (values) => {
    const joined = values.join('\0');
    const known = keys.get(joined);
    if (known !== undefined && series.has(known)) return known;
    if (keys.size >= mostSeries) keys.clear();
    const own = render(labels, values);
    const key = bounded(series, own, labels);
    if (key === own) keys.set(joined, key);
    return key;
  };
}

function bounded(series: ReadonlyMap<string, unknown>, key: string, labels: readonly string[]): string {
  if (series.size < mostSeries || series.has(key)) return key;
  return render(
    labels,
    labels.map(() => 'other'),
  );
}
const mostSeries = 4096;
