import { type Plugin, skip } from './plugin.ts';

/** Told of each call of a plugin: where, how it came out, how long it took. */
export type Told = (plugin: string, point: string, status: string, seconds: number) => void;

/** The same plugins, each call measured: too dear for every pod. */
export function timed(plugins: readonly Plugin[], told: Told): readonly Plugin[] {
  return plugins.map((plugin) => {
    const measure = <T>(point: string, call: () => T, statusOf: (result: T) => string): T => {
      const fromMs = performance.now();
      const result = call();
      told(plugin.name, point, statusOf(result), (performance.now() - fromMs) / 1000);
      return result;
    };
    const { prepare, filter, prepareScore, score } = plugin;
    const prepared = (result: unknown) => (result === skip ? 'Skip' : 'Success');
    const found = (refusal: ReturnType<NonNullable<typeof filter>>) => {
      if (refusal === undefined) return 'Success';
      return refusal.isFinal ? 'UnschedulableAndUnresolvable' : 'Unschedulable';
    };
    return {
      ...plugin,
      ...(prepare && { prepare: (...at) => measure('PreFilter', () => plugin.prepare!(...at), prepared) }),
      ...(filter && { filter: (...at) => measure('Filter', () => plugin.filter!(...at), found) }),
      ...(prepareScore && {
        prepareScore: (...at) => measure('PreScore', () => plugin.prepareScore!(...at), prepared),
      }),
      ...(score && {
        score: (...at) =>
          measure(
            'Score',
            () => plugin.score!(...at),
            () => 'Success',
          ),
      }),
    } satisfies Plugin;
  });
}
