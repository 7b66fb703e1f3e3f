import { hasReason } from '#lib/errors.ts';
import type { ApiResponse } from '../../exchange.ts';
import { readDeleteOptions } from '../delete-options.ts';
import { readListOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { WarnedCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import type { Core, Served } from '../served.ts';
import { deleteObject } from './delete.ts';
import { listPage } from './list.ts';

/** Deletes what a list with the same query shows, a few at a time, and answers with that list. */
export async function deleteCollection(
  core: Core,
  served: Served,
  call: WarnedCall,
  presenter: Presenter,
): Promise<ApiResponse> {
  const options = readDeleteOptions(call);
  const page = await listPage(core, served, call, readListOptions(call.query, served.rules.fieldLabels, false));
  const { warnings } = call;
  const isDryRun = (options.dryRun?.length ?? 0) > 0;
  const waiting = [...page.items];

  async function work(): Promise<void> {
    for (let stored = waiting.shift(); stored !== undefined; stored = waiting.shift()) {
      const namespace = served.isNamespaced ? stored.key.slice(0, stored.key.indexOf('/')) : undefined;
      const request = { call: { ...call, namespace, name: stored.name }, warnings, isDryRun };
      try {
        await deleteObject(core, served, stored.name, options, request);
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error; // gone meanwhile is as good
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  await served.conversion?.ready?.(page.items, call.signal);
  return jsonResponse(200, await presenter.list(page.items, page.meta), {}, presenter.contentType);
}
const atOnce = 16;
