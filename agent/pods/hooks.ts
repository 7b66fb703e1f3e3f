import type { Runtime } from '#cri/runtime.ts';
import type { Container, LifecycleHandler, Pod } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import { get } from '../probes/http.ts';
import { type HttpTarget, httpTargetOf } from '../probes/target.ts';
import type { RecordPod } from './record.ts';

export interface HookTarget {
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

export interface HookTools {
  readonly runtime: Pick<Runtime, 'execSync'>;
  readonly clock: Clock;
  readonly record: RecordPod;
}

/**
 * Runs a lifecycle hook to its end. Rule: "Container Lifecycle Hooks"; kubelet's handlerRunner.
 * @throws {Error} why it failed, as the container's status tells it. No Event may: it could hold secrets.
 */
export async function runHook(
  hook: LifecycleHandler,
  target: HookTarget,
  tools: HookTools,
  signal: AbortSignal,
): Promise<void> {
  const { exec, httpGet, sleep } = hook;
  if (!exec && !httpGet && !sleep) throw new Error('Cannot run handler: invalid handler'); // tcpSocket is none
  try {
    if (exec) await runCommand(exec.command ?? [], target, tools, signal);
    else if (httpGet)
      await send(httpTargetOf(httpGet, target.container, target.podIp, 'lifecycle'), target, tools, signal);
    else await tools.clock.sleep((sleep?.seconds ?? 0) * 1000, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${nameOf(hook)} lifecycle hook ${placeOf(hook, target)} failed - error: ${wordsOf(error)}`, {
      cause: error,
    });
  }
}

async function runCommand(
  command: readonly string[],
  { containerId }: HookTarget,
  { runtime }: HookTools,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, 0, signal);
  if (exitCode === 0) return;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).slice(0, mostOutput);
  const output = JSON.stringify(text(Buffer.concat([stdout, stderr])));
  throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${text(stderr)}, message: ${output}`);
}
const mostOutput = 1024;

/** Any answer will do, whatever its status. Who is asked by TLS and knows none is asked once more without. */
async function send(
  target: HttpTarget,
  { pod }: HookTarget,
  { record }: HookTools,
  signal: AbortSignal,
): Promise<void> {
  try {
    await get(target, signal);
  } catch (error) {
    if (target.url.protocol !== 'https:' || !speaksNoTls(error)) throw error;
    const url = new URL(target.url.href.replace(/^https:/, 'http:'));
    // The port of https is not in the text of a URL.
    if (target.url.port === '') url.port = '443';
    const { authorization: _, ...headers } = target.headers;
    await get({ url, headers }, signal).catch(() => Promise.reject(error));
    const words = `request to HTTPS lifecycle hook ${url.host} got HTTP response, retry with HTTP succeeded`;
    record(pod, 'Warning', 'LifecycleHTTPFallback', words);
  }
}

function speaksNoTls(error: unknown): boolean {
  return error instanceof Error && /wrong version number|packet length too long|http request/i.test(error.message);
}

function nameOf({ exec, httpGet }: LifecycleHandler): string {
  if (exec) return 'Exec';
  return httpGet ? 'HTTP' : 'Sleep';
}

function placeOf({ exec, httpGet, sleep }: LifecycleHandler, { pod, container }: HookTarget): string {
  const { name, namespace, uid } = pod.metadata;
  const what = exec ? `[${(exec.command ?? []).join(' ')}]` : (httpGet?.path ?? sleep?.seconds ?? '');
  return `(${what}) for Container "${container.name}" in Pod "${name}_${namespace}(${uid})"`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
