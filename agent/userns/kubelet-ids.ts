import { readFile } from 'node:fs/promises';
import { type Exec, ExecError } from '#lib/exec.ts';
import type { Ids } from './ranges.ts';

/**
 * The ids of this node that pods may have: those that the system keeps for the user `kubelet`, where there is one, else as
 * many as `maxPods` need, right after the node's own.
 * @throws {Error} in upstream's words, if what the system keeps is of no use
 */
export async function kubeletIds(perPod: number, maxPods: number, exec: Exec, signal: AbortSignal): Promise<Ids> {
  const unlessTold = { firstId: perPod, length: Math.min(perPod * maxPods, mostIds) };
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  if (!/^kubelet:/m.test(users)) return unlessTold;
  try {
    const { stdout: uids } = await exec('getsubids', ['kubelet'], signal);
    const { stdout: gids } = await exec('getsubids', ['-g', 'kubelet'], signal);
    if (uids !== gids) throw new Error('mismatched subuids and subgids for user "kubelet"');
    return parseSubIds(uids);
  } catch (error) {
    if (isAbsent(error)) return unlessTold;
    throw error instanceof ExecError
      ? new Error(`error retrieving additional ids for user "kubelet": ${error.message}`, { cause: error })
      : error;
  }
}
const mostIds = 2 ** 32 - 1;

function isAbsent(error: unknown): boolean {
  return error instanceof ExecError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

/** Of what `getsubids` says: `0: kubelet 65536 2147483648`. */
export function parseSubIds(text: string): Ids {
  const lines = text.replaceAll(/^\n+|\n+$/g, '').split('\n');
  if (lines.length !== 1) throw new Error(`error parsing line ${JSON.stringify(text)}: it must contain only one line`);
  const parts = (lines[0] ?? '').split(/\s+/).filter(Boolean);
  if (parts.length !== 4) throw new Error(`invalid line ${JSON.stringify(text)}`);
  const [firstId, length] = parts.slice(2).map(Number);
  if (!isId(firstId) || !isId(length)) throw new Error(`error parsing line ${JSON.stringify(text)}: no numbers`);
  return { firstId, length };
}

function isId(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && value! >= 0 && value! <= mostIds;
}
