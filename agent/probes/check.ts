import { connect } from 'node:net';
import type { Container, Probe } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { get, type HttpAnswer } from './http.ts';
import { type HttpTarget, httpTargetOf, portOf } from './target.ts';
import type { ProbeOutcome } from './verdict.ts';

export interface CheckResult {
  readonly outcome: ProbeOutcome;
  /** What Events say. */
  readonly output: string;
  /** It did well, but people should know of something. */
  readonly isWarning?: boolean;
}

export interface CheckTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** Runs a command in a container; its output is both streams together. */
export type ExecInContainer = (
  containerId: string,
  command: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly output: string }>;

/** Makes one probe, in at most `timeoutSeconds`. Never rejects, but for an aborted `signal`. */
export async function check(
  probe: Probe,
  target: CheckTarget,
  exec: ExecInContainer,
  signal: AbortSignal,
): Promise<CheckResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    if (probe.exec !== undefined) return await checkExec(probe.exec.command ?? [], target, exec, timeoutMs, signal);
    if (probe.httpGet !== undefined) {
      return await checkHttp(httpTargetOf(probe.httpGet, target.container, target.podIp), limited);
    }
    if (probe.tcpSocket !== undefined) {
      const host = probe.tcpSocket.host || target.podIp;
      return await checkTcp(host, portOf(probe.tcpSocket.port, target.container), limited);
    }
    if (probe.grpc !== undefined) {
      const { checkGrpc } = await import('./grpc.ts'); // seldom used, and not small
      const { port, service = '' } = probe.grpc;
      return await checkGrpc({ host: target.podIp, port, service }, timeoutMs, limited);
    }
    return { outcome: 'unknown', output: 'missing probe handler' };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: error instanceof RangeError ? 'unknown' : 'failure', output: String((error as Error).message) };
  }
}

async function checkExec(
  command: readonly string[],
  { containerId }: CheckTarget,
  exec: ExecInContainer,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckResult> {
  const ran = await exec(containerId, command, timeoutMs, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (hasReason(error, 'Timeout')) throw new Error(`command "${command.join(' ')}" timed out`, { cause: error });
    return { exitCode: undefined, output: String((error as Error).message) };
  });
  const { exitCode, output } = ran;
  // What the runtime could not do says nothing of the container. Rule: prober, "throw away the result".
  if (exitCode === undefined) return { outcome: 'unknown', output };
  return { outcome: exitCode === 0 ? 'success' : 'failure', output: output.slice(0, mostOutput) };
}
const mostOutput = 10 * 1024;

async function checkHttp(target: HttpTarget, signal: AbortSignal): Promise<CheckResult> {
  let at = target;
  for (let hop = 0; hop <= mostRedirects; hop++) {
    let answer: HttpAnswer;
    try {
      answer = await get(at, signal);
    } catch (error) {
      return { outcome: 'failure', output: `Get "${at.url}": ${reasonOf(error, signal, target.url)}` };
    }
    const isRedirect = answer.status >= 301 && answer.status <= 308 && answer.location !== undefined;
    if (!isRedirect) {
      if (answer.status >= 200 && answer.status < 400) return { outcome: 'success', output: answer.body };
      return { outcome: 'failure', output: `HTTP probe failed with statuscode: ${answer.status}` };
    }
    const next = new URL(answer.location ?? '', at.url);
    if (next.hostname !== target.url.hostname) {
      const output = `Probe terminated redirects, Response body: ${answer.body}`; // not followed elsewhere
      return { outcome: 'success', output, isWarning: true };
    }
    at = { ...at, url: next };
  }
  return { outcome: 'failure', output: `Get "${at.url}": stopped after ${mostRedirects} redirects` };
}
const mostRedirects = 10;

function checkTcp(host: string, port: number, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ outcome: 'success', output: '' });
    });
    socket.once('error', (error) => {
      const output = signal.aborted ? dialed(host, port, 'i/o timeout') : (dialing(error, host, port) ?? error.message);
      resolve({ outcome: 'failure', output });
    });
  });
}

function reasonOf(error: unknown, signal: AbortSignal, { hostname, port, protocol }: URL): string {
  if (signal.aborted) return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const host = hostname.replace(/^\[|\]$/g, '');
  const { message } = error as NodeJS.ErrnoException;
  return dialing(error, host, Number(port || (protocol === 'https:' ? 443 : 80))) ?? message;
}

/** Why there was no connection, in the words that people know; `undefined`: there was one. */
function dialing(error: unknown, host: string, port: number): string | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  const why = unreached[code];
  return why === undefined ? undefined : dialed(host, port, `connect: ${why}`);
}
const unreached: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
};

function dialed(host: string, port: number, why: string): string {
  return `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}: ${why}`;
}
