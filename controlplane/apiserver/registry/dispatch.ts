// Which operation answers which verb on which subresource.
import { failure } from '#lib/api/status.ts';
import type { ApiResponse } from '../exchange.ts';
import { create } from './operations/create.ts';
import { deleteOne } from './operations/delete.ts';
import { deleteCollection } from './operations/delete-collection.ts';
import { get } from './operations/get.ts';
import { list } from './operations/list.ts';
import { patch } from './operations/patch.ts';
import { update } from './operations/update.ts';
import { watch } from './operations/watch.ts';
import { createPresenter, type Presenter } from './present/presenter.ts';
import { readIncludeObject } from './present/table.ts';
import type { ResourceCall, WarnedCall } from './registry.ts';
import { createWarnings, withWarnings } from './respond.ts';
import type { Core, Served } from './served.ts';
import { bind } from './subresources/binding.ts';
import { evict } from './subresources/eviction.ts';
import { changeRulesOf } from './subresources/rules.ts';
import { scale } from './subresources/scale.ts';

/** Subresources that the registry answers; the others reach beyond the store. */
export const answered: ReadonlySet<string> = new Set([
  'status',
  'scale',
  'binding',
  'eviction',
  'finalize',
  'approval',
  'ephemeralcontainers',
  'resize',
]);

/** @throws {StatusError} */
export async function dispatch(core: Core, served: Served, call: ResourceCall): Promise<ApiResponse> {
  const warnings = createWarnings();
  const warning = deprecation(served);
  if (warning !== undefined) warnings.add(warning);
  try {
    const response = await answer(core, served, { ...call, warnings });
    return { ...response, headers: { ...response.headers, ...warnings.headers() } };
  } catch (error) {
    throw withWarnings(error, warnings);
  }
}

/** Rule: apiserver endpoints/deprecation, WarningMessage. */
function deprecation({ facts, apiVersion, kind, warning }: Served): string | undefined {
  if (warning !== undefined) return warning;
  const { deprecated, replacement } = facts as { readonly deprecated?: string; readonly replacement?: string };
  if (deprecated === undefined) return undefined;
  const [, group, version, other] = /^(?:([^/]+)\/)?([^/]+)\/([^/]+)$/.exec(replacement ?? '') ?? [];
  const use = other === undefined ? '' : `; use ${group === undefined ? version : `${group}/${version}`} ${other}`;
  return `${apiVersion} ${kind} is deprecated in v${deprecated}+${use}`;
}

function answer(core: Core, served: Served, call: WarnedCall): Promise<ApiResponse> {
  const includeObject = call.form.as === 'table' ? readIncludeObject(call.query) : 'None';
  const presenter = createPresenter({
    served,
    form: call.form,
    includeObject,
    turn: core.turn,
    pace: core.pace,
    nowMs: core.clock.now,
  });
  if (call.subresource === undefined) return onResource(core, served, call, presenter);
  return call.subresource === ''
    ? onResource(core, served, { ...call, subresource: undefined }, presenter)
    : onSubresource(core, served, call, presenter);
}

async function onResource(core: Core, served: Served, call: WarnedCall, presenter: Presenter): Promise<ApiResponse> {
  if (!served.facts.verbs.includes(call.verb)) throw methodNotAllowed();
  switch (call.verb) {
    case 'get':
      return get(core, served, call, presenter);
    case 'list':
      return list(core, served, call, presenter);
    case 'watch':
      return watch(core, served, call, presenter);
    case 'create':
      return create(core, served, call, presenter);
    case 'update':
    case 'patch':
      return change(core, served, call, presenter);
    case 'delete':
      return deleteOne(core, served, call, presenter);
    case 'deletecollection':
      return deleteCollection(core, served, call, presenter);
    default:
      throw methodNotAllowed();
  }
}

async function onSubresource(core: Core, served: Served, call: WarnedCall, presenter: Presenter): Promise<ApiResponse> {
  const facts = served.facts.subresources.find(({ name }) => name === call.subresource);
  if (facts === undefined || !answered.has(facts.name))
    throw failure('NotFound', 'the server could not find the requested resource');
  if (!facts.verbs.includes(call.verb)) throw methodNotAllowed();
  if (facts.name === 'scale') return scale(core, served, call);
  if (facts.name === 'binding') return bind(core, served, call, presenter);
  if (facts.name === 'eviction') return evict(core, served, call, presenter);
  return call.verb === 'get' ? get(core, served, call, presenter) : change(core, served, call, presenter);
}

function change(core: Core, served: Served, call: WarnedCall, presenter: Presenter): Promise<ApiResponse> {
  const rules = changeRulesOf(served.rules, call.subresource, call.user, core.clock.now());
  if (rules === undefined) throw methodNotAllowed();
  const apply = call.verb === 'patch' ? patch : update;
  return apply(core, served, call, presenter, rules);
}

function methodNotAllowed(): Error {
  return failure('MethodNotAllowed', 'the server does not allow this method on the requested resource');
}
