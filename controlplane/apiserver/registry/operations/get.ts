import { notFound } from '#lib/api/status.ts';
import type { ApiResponse } from '../../exchange.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { parseVersion } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import { type Core, keyIn, type Served } from '../served.ts';
import { freshEnough } from './versions.ts';

export async function get(core: Core, served: Served, call: ResourceCall, presenter: Presenter): Promise<ApiResponse> {
  const stored = await read(core, served, call);
  return jsonResponse(200, presenter.one(stored), {}, presenter.contentType);
}

/** @throws {StatusError} NotFound */
export async function read(core: Core, served: Served, call: ResourceCall): Promise<StoredObject> {
  const version = call.query.get('resourceVersion') ?? '';
  await freshEnough(core, version === '' ? undefined : parseVersion(version), call.signal);
  const stored = served.cache.get(keyIn(served, call.namespace, call.name!));
  if (stored === undefined) throw notFound(served.named, call.name!);
  await served.conversion?.ready?.([stored], call.signal);
  return stored;
}
