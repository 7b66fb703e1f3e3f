import { type Exec, ExecError } from '#lib/exec.ts';
import { tableName } from './base.ts';
import { nft } from './program.ts';

/** Takes our tables away, in both families. May be repeated; where there is no nft there is nothing to take. */
export async function removeTables(exec: Exec, signal: AbortSignal): Promise<void> {
  const lines = ['ip', 'ip6'].flatMap((family) => [
    `add table ${family} ${tableName}`,
    `delete table ${family} ${tableName}`,
  ]);
  try {
    await exec(nft, ['-f', '-'], signal, { input: `${lines.join('\n')}\n` });
  } catch (error) {
    const isMissing = error instanceof ExecError && error.result.exitCode === -1 && !signal.aborted;
    if (!isMissing) throw error;
  }
}
