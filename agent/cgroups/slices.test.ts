import test from 'ava';
import { type Exec, ExecError } from '#lib/exec.ts';
import { createSlices } from './slices.ts';

const fine = { stdout: '', stderr: '', exitCode: 0 };
const { signal } = new AbortController();
const weight = { name: 'CPUWeight', type: 't', value: '39' } as const;

test('createSlices() makes a slice, or changes the one that is there', async (t) => {
  const said: (readonly string[])[] = [];
  const isThere = new Set<string>();
  const exec: Exec = async (file, args) => {
    said.push(args.slice(-7));
    const [method, , slice] = args.slice(5);
    if (method === 'StartTransientUnit' && isThere.has(slice!)) {
      const stderr = `Call failed: Unit ${slice} was already loaded or has a fragment file.`;
      throw new ExecError(file, 'exit code 1', { stdout: '', stderr, exitCode: 1 });
    }
    isThere.add(slice!);
    return fine;
  };
  const slices = createSlices(exec);
  await slices.set('kubepods.slice', [weight], signal);
  t.deepEqual(said.at(-1), ['TasksAccounting', 'b', 'true', 'CPUWeight', 't', '39', '0']);
  await slices.set('kubepods.slice', [weight], signal);
  t.deepEqual(said.at(-1), ['sba(sv)', 'kubepods.slice', 'true', '1', 'CPUWeight', 't', '39']);
});

test('createSlices() passes on what else goes wrong', async (t) => {
  const exec: Exec = async (file) => {
    throw new ExecError(file, 'Cannot run busctl: Access denied', { ...fine, exitCode: 1 });
  };
  await t.throwsAsync(createSlices(exec).set('a.slice', [weight], signal), { message: /Access denied/ });
});
