import test from 'ava';
import { ExecError, exec } from './exec.ts';

const never = new AbortController().signal;

test('exec() gives back what the program says', async (t) => {
  const done = await exec('sh', ['-c', 'cat; echo "$GREETING" >&2'], never, {
    input: 'in',
    env: { GREETING: 'hello' },
  });
  t.deepEqual(done, { stdout: 'in', stderr: 'hello\n', exitCode: 0 });
});

test('exec() takes only the exit codes that are an answer', async (t) => {
  const done = await exec('sh', ['-c', 'exit 3'], never, { okCodes: [0, 3] });
  t.is(done.exitCode, 3);
  const error = await t.throwsAsync(exec('sh', ['-c', 'echo no >&2; exit 4'], never), { instanceOf: ExecError });
  t.is(error.message, 'Cannot run sh -c echo no >&2; exit 4: no');
  t.is(error.result.exitCode, 4);
});

test('exec() names a program that is not there', async (t) => {
  await t.throwsAsync(exec('/no/such/program', [], never), { instanceOf: ExecError, message: /ENOENT/ });
});

test('exec() ends with its signal, for its reason', async (t) => {
  const end = new AbortController();
  const running = exec('sleep', ['60'], end.signal);
  end.abort(new Error('enough'));
  await t.throwsAsync(running, { message: 'enough' });
});

test('exec() does not mind a program that reads nothing', async (t) => {
  const done = await exec('true', [], never, { input: 'x'.repeat(1_000_000) });
  t.is(done.exitCode, 0);
});
