import { failure } from '#lib/api/status.ts';
import type { ApiResponse } from '../../exchange.ts';
import { pushed } from '../../pushed.ts';
import { type ListOptions, readListOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import type { Core, Served } from '../served.ts';
import { selectionOf } from './select.ts';
import { freshEnough } from './versions.ts';
import { type Start, startWatch } from './watch-stream.ts';

/**
 * The head comes at once; the body is a stream of frames that ends with the timeout, with the client, or when the
 * client does not keep up.
 */
export async function watch(
  core: Core,
  served: Served,
  call: ResourceCall,
  presenter: Presenter,
): Promise<ApiResponse> {
  const options = readListOptions(call.query, served.rules.fieldLabels, true);
  const selection = selectionOf(served, call, options);
  const start = await startOf(core, served, options, call.signal);
  const about = { core, served, options, selection, presenter, start, signal: call.signal };
  return jsonResponse(
    200,
    pushed((sink) => startWatch(about, sink)),
    {},
    presenter.streamType,
  );
}

async function startOf(core: Core, served: Served, options: ListOptions, signal: AbortSignal): Promise<Start> {
  const { resourceVersion: version, sendsInitialEvents } = options;
  if (sendsInitialEvents === true) {
    return { after: await freshEnough(core, version === 0 ? 0 : version, signal), isInitial: true };
  }
  if (sendsInitialEvents === false) {
    const now = await freshEnough(core, undefined, signal);
    return { after: version === undefined || version === 0 ? now : version, isInitial: false };
  }
  if (version === undefined || version === 0) {
    // Rule: "get state and start": at any version for 0, at the newest otherwise.
    return { after: await freshEnough(core, version, signal), isInitial: true };
  }
  await core.feed.ready;
  if (version < served.cache.oldestRevision) throw tooOld(version, served.cache.oldestRevision);
  return { after: version, isInitial: false };
}

function tooOld(version: number, oldest: number): Error {
  return failure('Expired', `too old resource version: ${version} (${oldest})`);
}
