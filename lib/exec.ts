import { execa } from 'execa';

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

/** @throws {ExecError} with the program's own words */
export const exec: Exec = async (file, args, signal, options = {}) => {
  const { input, env, cwd, timeoutMs = 30_000, okCodes = [0] } = options;
  const done = await execa(file, [...args], {
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
    timeout: timeoutMs,
    cancelSignal: signal,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
  });
  const result: ExecResult = {
    stdout: done.stdout ?? '',
    stderr: done.stderr ?? '',
    exitCode: done.exitCode ?? -1,
  };
  if (done.exitCode !== undefined && okCodes.includes(done.exitCode)) return result;
  signal.throwIfAborted();
  const words = result.stderr.trim() || (done.failed ? done.shortMessage : '') || `exit code ${result.exitCode}`;
  throw new ExecError(file, `Cannot run ${file} ${args.slice(0, 4).join(' ')}: ${words}`, result, {
    cause: done.cause,
  });
};
