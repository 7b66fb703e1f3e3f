import { open } from 'node:fs/promises';
import type { ContainerStatus } from '#cri/runtime.ts';
import { terminationPathAnnotation, terminationPolicyAnnotation } from './annotations.ts';

/**
 * What a container that has ended left as its termination message: its file, or the end of its log where it asks for that.
 * Rule: "Customizing the termination message": at most 4096 bytes; of a log the last 2048 bytes or 80 lines.
 */
export async function lastWords(status: ContainerStatus): Promise<string> {
  const path = status.annotations[terminationPathAnnotation];
  const file = status.mounts.find(({ containerPath }) => containerPath === path)?.hostPath;
  const message = file === undefined ? '' : await tail(file, mostBytes, 'start');
  if (message !== '') return message;
  const wantsLog = status.annotations[terminationPolicyAnnotation] === 'FallbackToLogsOnError';
  if (!wantsLog || status.exitCode === 0 || status.logPath === '') return status.message;
  const log = await tail(status.logPath, 4 * mostLogBytes, 'end');
  return log
    .split('\n')
    .filter((line) => line !== '')
    .slice(-mostLines)
    .map(withoutPrefix)
    .join('')
    .slice(-mostLogBytes);
}
const mostBytes = 4096;
const mostLogBytes = 2048;
const mostLines = 80;

/** Up to `most` bytes of a file; '' if it cannot be read. */
async function tail(path: string, most: number, from: 'start' | 'end'): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const position = from === 'end' ? Math.max(0, size - most) : 0;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, position);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}

/** A CRI log line is `TIME STREAM TAG TEXT`; tag P means that the line goes on. */
function withoutPrefix(line: string): string {
  const [, tag, text] = /^\S+ \S+ (\S+) (.*)$/.exec(line) ?? [];
  if (text === undefined) return `${line}\n`;
  return tag === 'P' ? text : `${text}\n`;
}
