import type { Streams } from '#cri/runtime.ts';
import { badRequest } from '#lib/api/status.ts';

export interface Asked {
  readonly streams: Streams;
  readonly command: readonly string[];
}

/**
 * What an exec or attach asks for, in the kubelet's words (`input`, `output`, `error`, `tty`, `command`) or in the API's.
 * @throws {StatusError} BadRequest if it asks for nothing
 */
export function streamsOf(query: URLSearchParams, to: 'exec' | 'attach'): Asked {
  const isOn = (...names: readonly string[]) => names.some((name) => /^(1|t|true)$/i.test(query.get(name) ?? ''));
  const tty = isOn('tty');
  const stdin = isOn('input', 'stdin');
  const stdout = isOn('output', 'stdout');
  const stderr = isOn('error', 'stderr') && !tty; // a terminal has one output
  if (!stdin && !stdout && !stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  const command = query.getAll('command');
  if (to === 'exec' && command.length === 0)
    throw badRequest('you must specify at least one command for the container');
  return { streams: { tty, stdin, stdout, stderr }, command };
}

/** Ports of a port-forward over channels; SPDY says them stream by stream. @throws {StatusError} BadRequest */
export function portsOf(query: URLSearchParams): readonly number[] {
  const texts = [...query.getAll('port'), ...query.getAll('ports')].flatMap((text) => text.split(','));
  return texts.map((text) => {
    const port = Number(text);
    if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw badRequest(`invalid port ${JSON.stringify(text)}`);
    return port;
  });
}
