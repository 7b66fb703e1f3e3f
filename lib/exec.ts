import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 if a signal ended it. */
  readonly exitCode: number;
}

export interface ExecOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** 30 s unless told: then it is killed. */
  readonly timeoutMs?: number;
  /** Exit codes that are an answer, not a failure; [0] unless told. */
  readonly okCodes?: readonly number[];
}

/** Runs programs; a port, so that pure planners can be tested against a model of the kernel. */
export type Exec = (
  file: string,
  args: readonly string[],
  signal: AbortSignal,
  options?: ExecOptions,
) => Promise<ExecResult>;

/** A program that could not be started, was killed, or exited with a code that is no answer. */
export class ExecError extends Error {
  override readonly name = 'ExecError';
  readonly file: string;
  readonly result: ExecResult;

  constructor(file: string, message: string, result: ExecResult, options?: ErrorOptions) {
    super(message, options);
    this.file = file;
    this.result = result;
  }
}

/** Node's own `spawn`: the agent, which calls this, carries no library for it. @throws {ExecError} with the program's own words */
export const exec: Exec = (file, args, signal, options = {}) =>
  new Promise((resolve, reject) => {
    const { input, env, cwd, timeoutMs = 30_000, okCodes = [0] } = options;
    signal.throwIfAborted();
    const child = spawn(file, [...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
      ...(cwd === undefined ? {} : { cwd }),
    });
    const kill = () => child.kill('SIGKILL');
    const enough = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    enough.addEventListener('abort', kill, { once: true });
    const out = gather(child.stdout!, kill);
    const err = gather(child.stderr!, kill);
    child.stdin?.on('error', () => {}); // it ended without reading all: its exit code tells
    child.stdin?.end(input);

    function fail(why: string, exitCode: number, cause?: Error): void {
      const result = { stdout: out.text(), stderr: err.text(), exitCode };
      const words = result.stderr.trim() || why;
      const message = `Cannot run ${file} ${args.slice(0, 4).join(' ')}: ${words}`;
      reject(signal.aborted ? signal.reason : new ExecError(file, message, result, { cause }));
    }
    child.once('error', (error) => fail(error.message, -1, error));
    child.once('close', (code, by) => {
      enough.removeEventListener('abort', kill);
      if (code !== null && okCodes.includes(code)) resolve({ stdout: out.text(), stderr: err.text(), exitCode: code });
      else fail(code === null ? `ended by ${by}` : `exit code ${code}`, code ?? -1);
    });
  });

/** What a stream says, up to a bound; beyond that `tooMuch` is called. */
function gather(stream: Readable, tooMuch: () => void) {
  const parts: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > mostBytes) tooMuch();
    else parts.push(part);
  });
  return { text: () => Buffer.concat(parts).toString('utf8') };
}
const mostBytes = 64 * 1024 * 1024;
