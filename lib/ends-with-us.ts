/**
 * What to spawn to run a program that ends when the thread that starts it does, however that ends. One that only waits for
 * news would otherwise go on by itself after we were killed: a network in which nothing happens any more gives it no cause to end.
 */
export function endsWithUs(file: string, ...args: readonly string[]): [file: string, args: string[]] {
  return ['setpriv', ['--pdeathsig=KILL', file, ...args]];
}
