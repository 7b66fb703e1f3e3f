import { fieldsOf } from '#lib/api/apply/compare.ts';
import { type Entries, owned } from '#lib/api/apply/managers.ts';
import { copyOf } from '#lib/api/copy.ts';
import { invalidValue } from '#lib/api/field-errors.ts';
import { ageOf, columns } from '#lib/api/kinds/columns.ts';
import type { KindRules } from '#lib/api/kinds/kind-rules.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { selectorOf, selectorOfMap, selectorText } from '#lib/api/selectors/labels.ts';
import { conflict, failure, invalid } from '#lib/api/status.ts';
import { findAll, parseJsonPath, withField } from '#lib/api/structural/json-path.ts';
import type { Scale } from '#lib/api/types/autoscaling.v1.ts';
import type { LabelSelector } from '#lib/api/types/meta.v1.ts';
import type { ApiResponse } from '../../exchange.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { decodeBody, type Expected } from '../codec.ts';
import { applied, applyType, readConfig } from '../operations/apply.ts';
import { changeObject, optimisticLock, viewOf } from '../operations/change.ts';
import { read } from '../operations/get.ts';
import { managerOf, shapeFor } from '../operations/ownership.ts';
import { patcher } from '../operations/patch.ts';
import { readWriteOptions } from '../options.ts';
import { createPresenter } from '../present/presenter.ts';
import { readIncludeObject } from '../present/table.ts';
import type { ResourceCall, WarnedCall } from '../registry.ts';
import { jsonResponse, type Warnings } from '../respond.ts';
import { type Core, type ScalePaths, type Served, timeText } from '../served.ts';
import { changeRulesOf } from './rules.ts';

/** The number of replicas of a workload, as a Scale. */
export async function scale(core: Core, served: Served, call: WarnedCall): Promise<ApiResponse> {
  const form = call.form.as === 'metadata' ? { ...call.form, as: 'object' as const } : call.form;
  const shown = { ...served, ...expected, rules: { ...served.rules, ...table }, named: served.named };
  const presenter = createPresenter({
    served: withoutConversion(shown),
    form,
    includeObject: form.as === 'table' ? readIncludeObject(call.query) : 'None',
    turn: core.turn,
    pace: core.pace,
    nowMs: core.clock.now,
  });
  const { warnings } = call;
  const answer = (object: KubeObject): ApiResponse =>
    jsonResponse(200, presenter.made(scaleOf(object as Scalable, served)), {}, presenter.contentType);
  if (call.verb === 'get') return answer(viewOf(served, await read(core, served, call)));

  if (call.contentType === applyType) return answer(viewOf(served, await applyScale(core, served, call, warnings)));
  const options = readWriteOptions(call.query, call.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions', call);
  const wanted = wantedScale(call, options, warnings.add);
  const derive = (current: KubeObject): ApiObject => {
    const next = wanted(scaleOf(current as Scalable, served)) as unknown as Scale;
    checkScale(served, call.name!, next, current);
    const changed = copyOf(current) as ApiObject;
    const path = served.scalePaths?.specReplicas ?? specReplicas;
    return withField(changed, path, next.spec?.replicas ?? 0) as ApiObject;
  };
  const rules = changeRulesOf(served.rules, undefined, call.user, core.clock.now())!;
  const request = { call, warnings, isDryRun: options.isDryRun };
  const stored = await changeObject(core, served, { name: call.name!, derive, rules, checksVersion: false }, request);
  await served.conversion?.ready?.([stored], call.signal);
  return answer(viewOf(served, stored));
}

/** As `kubectl get --subresource=scale` shows it. */
const table: Pick<KindRules, 'columns' | 'row'> = {
  columns: columns(['Name', '#Desired', '#Available', '@Age']),
  row(object, nowMs) {
    const { metadata, spec, status } = object as Scale;
    return { cells: [metadata.name, spec?.replicas ?? 0, status?.replicas ?? 0, ageOf(metadata, nowMs)] };
  },
};

/** The number of replicas alone is applied: it is owned by way of the subresource. */
async function applyScale(core: Core, served: Served, call: ResourceCall, warnings: Warnings): Promise<StoredObject> {
  const options = readWriteOptions(call.query, 'PatchOptions', { userAgent: call.userAgent, isApply: true });
  const scale = (await readConfig(call, expected, options, warnings.add)) as unknown as Scale;
  const path = served.scalePaths?.specReplicas ?? specReplicas;
  const wanted = withField({}, path, scale.spec?.replicas ?? 0);
  const config = { metadata: {}, ...wanted } as ApiObject;
  const fields = owned(fieldsOf(wanted, shapeFor(served)));
  const manager = managerOf(served, call);
  let entries: Entries = [];
  const derive = (current: KubeObject): ApiObject => {
    checkScale(served, call.name!, scale, current);
    const time = timeText(core.clock.now());
    const result = applied(served, { current, config, fields, manager, force: options.force, time });
    entries = result.entries;
    return result.next;
  };
  const rules = changeRulesOf(served.rules, undefined, call.user, core.clock.now())!;
  const change = { name: call.name!, derive, rules, checksVersion: false, entries: () => entries };
  return changeObject(core, served, change, { call, warnings, isDryRun: options.isDryRun });
}

const specReplicas = parseJsonPath('.spec.replicas')!;

const expected: Expected = {
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  type: typeOfKind('autoscaling', 'v1', 'Scale')!,
};

function wantedScale(
  call: ResourceCall,
  options: Parameters<typeof patcher>[2],
  warn: (text: string) => void,
): (current: Scale) => ApiObject {
  if (call.verb === 'patch') return patcher(call, expected, options, warn) as (current: Scale) => ApiObject;
  const sent = decodeBody(call, expected, options.fieldValidation, warn);
  return () => sent;
}

interface Scalable extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: LabelSelector | Readonly<Record<string, string>>;
  };
  readonly status?: { readonly replicas?: number };
}

function scaleOf(object: Scalable, { scalePaths }: Served): Scale {
  const { apiVersion, metadata, spec, status } = object;
  if (scalePaths !== undefined) return customScaleOf(object, scalePaths);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  // ReplicationControllers select by plain labels, the others by a selector.
  const requirements =
    apiVersion === 'v1'
      ? selectorOfMap(spec?.selector as Record<string, string> | undefined)
      : (selectorOf(spec?.selector as LabelSelector | undefined) ?? []);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec?.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, selector: selectorText(requirements) },
  } as Scale;
}

/** Rule: Custom Resources, "Scale subresource". */
function customScaleOf(object: Scalable, { specReplicas, statusReplicas, labelSelector }: ScalePaths): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const [wanted] = findAll(object, specReplicas);
  const [there] = findAll(object, statusReplicas);
  const [selector] = labelSelector === undefined ? [] : findAll(object, labelSelector);
  if (typeof wanted !== 'number') throw failure('InternalError', 'the spec replicas field does not exist');
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: wanted },
    status: {
      replicas: typeof there === 'number' ? there : 0,
      ...(typeof selector === 'string' ? { selector } : {}),
    },
  } as Scale;
}

function checkScale(served: Served, name: string, { metadata, spec }: Scale, current: KubeObject): void {
  const { uid, resourceVersion } = metadata ?? {};
  if (uid && uid !== current.metadata.uid) {
    const what = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
    throw conflict(served.named, name, what);
  }
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
    throw conflict(served.named, name, optimisticLock);
  }
  const replicas = spec?.replicas ?? 0;
  if (replicas >= 0) return;
  const cause = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [cause]);
}

function withoutConversion({ conversion: _conversion, ...served }: Served): Served {
  return served;
}
