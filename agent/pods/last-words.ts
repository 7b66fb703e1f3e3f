import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { ContainerStatus } from '#cri/runtime.ts';
import { openLog } from '../logs/open-log.ts';
import { terminationPathAnnotation, terminationPolicyAnnotation } from './annotations.ts';

/**
 * What a container that has ended left as its termination message: its file, or the end of its log where it asks for that.
 * Rule: "Customizing the termination message": the last 4096 bytes at most; of a log the last 2048 bytes or 80 lines.
 */
export async function lastWords(status: ContainerStatus): Promise<string> {
  const path = status.annotations[terminationPathAnnotation];
  const file = status.mounts.find(({ containerPath }) => containerPath === path)?.hostPath;
  const message = file === undefined ? '' : await tail(file, mostBytes, openFile);
  if (message !== '') return message;
  const wantsLog = status.annotations[terminationPolicyAnnotation] === 'FallbackToLogsOnError';
  if (!wantsLog || status.exitCode === 0 || status.logPath === '') return status.message;
  const log = await tail(status.logPath, 4 * mostLogBytes, openLog);
  const lines = log.split('\n').filter((line) => line !== '');
  return lastBytes(lines.slice(-mostLines).map(withoutPrefix).join(''), mostLogBytes);
}
const mostBytes = 4096;
const mostLogBytes = 2048;
const mostLines = 80;

/** At most so many bytes, and no part of a character. */
function lastBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  let start = Math.max(0, bytes.length - most);
  while (start > 0 && (bytes[start]! & 0xc0) === 0x80) start++;
  return bytes.toString('utf8', start);
}

/** The last `most` bytes of a file, however large it is; '' if it cannot be read. */
async function tail(path: string, most: number, openSafely: (path: string) => Promise<FileHandle>): Promise<string> {
  try {
    await using file = await openSafely(path);
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, Math.max(0, size - most));
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}

/** The file was made by us, and is mounted over by its name in the container: no link, no pipe. */
async function openFile(path: string): Promise<FileHandle> {
  return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** A CRI log line is `TIME STREAM TAG TEXT`; tag P means that the line goes on. */
function withoutPrefix(line: string): string {
  const [, tag, text] = /^\S+ \S+ (\S+) (.*)$/.exec(line) ?? [];
  if (text === undefined) return `${line}\n`;
  return tag === 'P' ? text : `${text}\n`;
}
