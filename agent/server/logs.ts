import { badRequest, invalid } from '#lib/api/status.ts';
import { openLog } from '../logs/open-log.ts';
import { readLog } from '../logs/read.ts';
import type { LogSelection } from '../logs/select.ts';
import { chooseLog } from './choose-log.ts';
import { findContainers, findPod } from './find.ts';
import type { KubeletServerOptions } from './options.ts';
import type { PodName } from './routes.ts';

/** The log of a container as `query` asks for it: PodLogOptions. @throws {StatusError} why there is none */
export async function containerLogs(
  podName: PodName,
  name: string,
  query: URLSearchParams,
  options: KubeletServerOptions,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const { runtime, clock } = options;
  const selection = selectionOf(query, clock.now());
  const pod = findPod(podName, options);
  const containers = await findContainers(pod, name, options, signal);
  const { id } = chooseLog(pod, name, containers, isTrue(query.get('previous')));
  const { logPath } = await runtime.containerStatus(id, signal);
  await (await openLog(logPath)).close(); // what fails now is an answer; later it is a broken one
  const mayGrow = async () => {
    const [now] = await runtime.listContainers({ id }, signal);
    return now?.state === 'running';
  };
  return readLog({ path: logPath, mayGrow }, selection, clock, signal);
}

/** @throws {StatusError} for what cannot be understood */
export function selectionOf(query: URLSearchParams, nowMs: number): LogSelection {
  const sinceSeconds = numberOf(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  const tailLines = numberOf(query, 'tailLines', 0);
  const limitBytes = numberOf(query, 'limitBytes', 1);
  const stream = query.get('stream')?.toLowerCase();
  const sinceMs = sinceTime ? Date.parse(sinceTime) : sinceSeconds && nowMs - sinceSeconds * 1000;
  if (Number.isNaN(sinceMs)) throw badRequest(`cannot parse sinceTime ${JSON.stringify(sinceTime)}`);
  return {
    follow: isTrue(query.get('follow')),
    timestamps: isTrue(query.get('timestamps')),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(stream === 'stdout' || stream === 'stderr' ? { stream } : {}),
  };
}

function numberOf(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  const words = `must be greater than or equal to ${least}`;
  throw invalid({ group: '', kind: 'PodLogOptions' }, '', [
    { reason: 'FieldValueInvalid', field: name, message: `Invalid value: ${text}: ${words}` },
  ]);
}

function isTrue(text: string | null): boolean {
  return text !== null && /^(1|t|true)$/i.test(text);
}
