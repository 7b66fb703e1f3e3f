import { copyOf } from '#lib/api/copy.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { badRequest } from '#lib/api/status.ts';
import { hasReason } from '#lib/errors.ts';
import type { ApiResponse } from '../../exchange.ts';
import { decodeBody, expectedOf } from '../codec.ts';
import { readWriteOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall, WarnedCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import type { Core, Served } from '../served.ts';
import { type ChangeRules, changeObject } from './change.ts';
import { createObject, placeIn } from './create.ts';

export async function update(
  core: Core,
  served: Served,
  call: WarnedCall,
  presenter: Presenter,
  rules: ChangeRules,
): Promise<ApiResponse> {
  const options = readWriteOptions(call.query, 'UpdateOptions', call);
  const { warnings } = call;
  const decode = (): ApiObject => decodeBody(call, expectedOf(served), options.fieldValidation, warnings.add);
  const object = decode();
  checkName(served, object, call);
  served.rules.applyDefaults(object);
  const request = { call, warnings, isDryRun: options.isDryRun };
  const name = call.name!;
  try {
    const derive = () => copyOf(object); // each attempt changes its own
    const stored = await changeObject(core, served, { name, derive, rules, checksVersion: true }, request);
    await served.conversion?.ready?.([stored], call.signal);
    return jsonResponse(200, presenter.one(stored), {}, presenter.contentType);
  } catch (error) {
    const mayCreate = served.rules.allowsCreateOnUpdate && call.subresource === undefined;
    if (!mayCreate || !hasReason(error, 'NotFound')) throw error;
    delete object.metadata.resourceVersion;
    const stored = await createObject(core, served, object, request);
    return jsonResponse(201, presenter.one(stored), {}, presenter.contentType);
  }
}

/** @throws {StatusError} BadRequest if the object is not the one that the path names */
export function checkName(served: Served, object: ApiObject, { name, namespace }: ResourceCall): void {
  placeIn(served, object, namespace);
  const sent = object.metadata.name;
  if (!sent) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (sent !== name) throw badRequest(`the name of the object (${sent}) does not match the name on the URL (${name})`);
}
