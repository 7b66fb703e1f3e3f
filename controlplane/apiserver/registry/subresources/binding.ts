import { copyOf } from '#lib/api/copy.ts';
import { invalidValue, notSupported, required } from '#lib/api/field-errors.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { wrongDns1123Subdomain } from '#lib/api/names.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { badRequest, conflict, invalid } from '#lib/api/status.ts';
import type { Binding, Pod, PodCondition } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import type { ApiResponse } from '../../exchange.ts';
import { decodeBody, type Expected } from '../codec.ts';
import { attributesOf } from '../operations/attributes.ts';
import { type ChangeRules, changeObject } from '../operations/change.ts';
import { readWriteOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { WarnedCall } from '../registry.ts';
import { jsonResponse, successStatus } from '../respond.ts';
import { type Core, type Served, timeText } from '../served.ts';

/** Gives a pod its node, once. `served` is that of pods; the pod is named by the path or, at `/bindings`, by the object. */
export async function bind(core: Core, served: Served, call: WarnedCall, presenter: Presenter): Promise<ApiResponse> {
  const options = readWriteOptions(call.query, 'CreateOptions', call);
  const { warnings } = call;
  const object = decodeBody(call, expected, options.fieldValidation, warnings.add);
  const name = call.name ?? object.metadata.name;
  if (object.metadata.name && object.metadata.name !== name)
    throw badRequest('name in URL does not match name in Binding object');
  object.metadata.name = name;
  if (object.metadata.namespace && object.metadata.namespace !== call.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const request = { call: { ...call, subresource: 'binding' }, warnings, isDryRun: options.isDryRun };
  const attributes = attributesOf(served, request, { operation: 'CREATE', name, object, expected });
  await core.admission.mutate(attributes, call.signal);
  const binding = object as unknown as Binding;
  const causes = wrongBinding(binding);
  if (causes.length > 0) throw invalid({ group: '', kind: 'Binding' }, name, causes);
  await core.admission.validate(attributes, call.signal);

  const derive = (current: object): ApiObject => bound(current as Pod, binding, timeText(core.clock.now()));
  await changeObject(core, served, { name, derive, rules, checksVersion: false, skipsAdmission: true }, request);
  const body = presenter.status({ ...successStatus({}), details: undefined, code: 201 });
  return jsonResponse(201, body, {}, presenter.contentType);
}

const expected: Expected = { apiVersion: 'v1', kind: 'Binding', type: typeOfKind('', 'v1', 'Binding')! };
const rules: ChangeRules = { prepare() {}, validate: () => [], mayFinishDeletion: false };

/** Rule: ValidatePodBinding. */
function wrongBinding({ target }: Partial<Binding>): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const { kind = '', name = '' } = target ?? {};
  if (kind !== '' && kind !== 'Node') causes.push(notSupported('target.kind', kind, ['Node', '<empty>']));
  if (name === '') return [...causes, required('target.name')];
  if (causes.length > 0) return causes;
  return wrongDns1123Subdomain(name).map((message) => invalidValue('target.name', name, message));
}

/**
 * The pod on its node.
 * @throws {StatusError} Conflict if it cannot be assigned (any more). Rule: BindingREST.setPodNodeAndMetadata
 */
function bound(pod: Pod, { metadata, target }: Binding, now: string): ApiObject {
  const { name } = pod.metadata;
  const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, name, why);
  if (metadata.uid && metadata.uid !== pod.metadata.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`);
  }
  if (metadata.resourceVersion && metadata.resourceVersion !== pod.metadata.resourceVersion) {
    const what = `ResourceVersion in precondition: ${metadata.resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`;
    throw refuse(`Precondition failed: ${what}`);
  }
  if (pod.metadata.deletionTimestamp !== undefined)
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if ((pod.spec?.schedulingGates?.length ?? 0) > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const next = copyOf(pod) as unknown as ApiObject;
  next['spec'] = { ...pod.spec, nodeName: target!.name };
  next['status'] = { ...pod.status, conditions: scheduled(pod.status?.conditions ?? [], pod, now) };
  if (metadata.annotations) next.metadata.annotations = { ...next.metadata.annotations, ...metadata.annotations };
  if (metadata.labels) next.metadata.labels = { ...next.metadata.labels, ...metadata.labels };
  return next;
}

function scheduled(conditions: readonly PodCondition[], { metadata }: Pod, now: string): readonly PodCondition[] {
  const before = conditions.find(({ type }) => type === 'PodScheduled');
  if (before?.status === 'True') return conditions;
  const observed = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
  const condition: PodCondition = { type: 'PodScheduled', ...observed, status: 'True', lastTransitionTime: now };
  return before === undefined
    ? [...conditions, condition]
    : conditions.map((one) => (one === before ? condition : one));
}
