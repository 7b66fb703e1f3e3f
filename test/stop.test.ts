import { once } from 'node:events';
import test from 'ava';
import { execa } from 'execa';

const stopFile = new URL('stop.ts', import.meta.url).pathname;

/** A run that makes something, waits, and takes `ms` to clear it away. */
function run(ms: number) {
  const program = `
    const { stopOnSignals } = await import(${JSON.stringify(stopFile)});
    const stop = stopOnSignals(() => console.log('asked'));
    const life = setInterval(() => {}, 1000);
    console.log('made');
    stop.signal.addEventListener('abort', () => setTimeout(() => {
      console.log('cleared');
      clearInterval(life);
      process.exitCode = stop.exitCode();
    }, ${ms}));
  `;
  return execa(process.execPath, ['--input-type=module', '-e', program], { reject: false });
}

for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`stopOnSignals() lets a run clear away what it made after ${name}`, async (t) => {
    const child = run(0);
    await once(child.stdout, 'data');
    child.kill(name);
    const { stdout, exitCode } = await child;
    t.is(stdout, 'made\nasked\ncleared');
    t.is(exitCode, code);
  });
}

test('stopOnSignals() takes signals that come together for one', async (t) => {
  const child = run(0);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  const { stdout } = await child;
  t.is(stdout, 'made\nasked\ncleared');
});

test('stopOnSignals() ends a run at once at the second signal', async (t) => {
  const child = run(600_000);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  await once(child.stdout, 'data');
  const again = setInterval(() => child.kill('SIGINT'), 100); // which is heard once it is no echo of the first
  const { stdout, exitCode } = await child;
  clearInterval(again);
  t.is(stdout, 'made\nasked');
  t.is(exitCode, 143);
});
