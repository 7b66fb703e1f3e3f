// What becomes of a level or a flow that every cluster has, and what is said of flows. Pure.
// Rule: apiserver util/flowcontrol, util/apihelpers and registry/flowcontrol/ensurer.
import { isSame } from '#lib/api/kinds/equal.ts';
import type { FlowSchema, FlowSchemaCondition } from '#lib/api/types/flowcontrol.v1.ts';
import type { ObjectMeta } from '#lib/api/types/meta.v1.ts';
import type { WantedSpec } from './objects.ts';

interface Flow<T> {
  readonly metadata: ObjectMeta;
  readonly spec: T;
}

export type FlowStep<T> =
  | { readonly do: 'create'; readonly object: Flow<T> }
  | { readonly do: 'update'; readonly object: Flow<T> }
  | { readonly do: 'nothing' };

/** What is mandatory is put right; what is suggested follows us as long as nobody has taken it over. */
export function planFlow<T extends object>(
  { name, spec, isMandatory }: WantedSpec<T>,
  found: Flow<T> | undefined,
): FlowStep<T> {
  if (found === undefined)
    return { do: 'create', object: { metadata: { name, annotations: { [ours]: 'true' } }, spec } };
  const isOurs = isMandatory || followsUs(found.metadata);
  const next = isOurs ? withTheirs(spec, found.spec) : found.spec;
  const annotations = { ...found.metadata.annotations, [ours]: String(isOurs) };
  if (found.metadata.annotations?.[ours] === annotations[ours] && isSame(next, found.spec)) return { do: 'nothing' };
  return { do: 'update', object: { ...found, metadata: { ...found.metadata, annotations }, spec: next } };
}
const ours = 'apf.kubernetes.io/autoupdate-spec';

/** One that does not say is ours as long as its spec was never changed. */
function followsUs({ annotations, generation }: ObjectMeta): boolean {
  const said = annotations?.[ours];
  if (said === 'true' || said === 'false') return said === 'true';
  return generation === 1;
}

/** How much the exempt level may lend is for people to say. */
function withTheirs<T extends object>(spec: T, found: T): T {
  const theirs = (found as { readonly exempt?: unknown }).exempt;
  return 'exempt' in spec && theirs !== undefined ? { ...spec, exempt: theirs } : spec;
}

/** What is to be said of whether its level is there; undefined if that is said already. */
export function danglingOf(flow: FlowSchema, hasLevel: boolean, time: string): FlowSchemaCondition | undefined {
  const name = flow.spec.priorityLevelConfiguration?.name ?? '';
  const level = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  const wanted = hasLevel
    ? { status: 'False', reason: 'Found', message: `${level} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${level} but there is no such object` };
  const known = (flow.status?.conditions ?? []).find(({ type }) => type === 'Dangling');
  if (known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message) {
    return undefined;
  }
  const lastTransitionTime = known?.status === wanted.status ? (known.lastTransitionTime ?? time) : time;
  return { type: 'Dangling', ...wanted, lastTransitionTime };
}
