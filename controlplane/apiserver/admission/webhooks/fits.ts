import { forbidden } from '#lib/api/status.ts';
import type { Authorize } from '../../authorization/attributes.ts';
import type { LoadCel } from '../../cel/load-cel.ts';
import type { Attributes } from '../admission.ts';
import { type Condition, compileConditions } from '../policies/conditions.ts';
import { contextOf, forConditions, webhookVariableNames } from '../policies/context.ts';
import type { HoldMeasured } from '../policies/hold-measured.ts';
import type { Hook } from './hooks.ts';
import type { Match } from './match.ts';

/** Whether the matchConditions of a webhook hold. @throws {StatusError} Forbidden if that cannot be told and matters */
export type Fits = (hook: Hook, match: Match, attributes: Attributes, isMutating: boolean) => Promise<boolean>;

export interface FitsOptions {
  readonly authorize: Authorize;
  readonly loadCel: LoadCel;
  readonly hold: HoldMeasured;
}

export function createFits({ authorize, loadCel, hold }: FitsOptions): Fits {
  const compiled = new WeakMap<Hook, readonly Condition[]>();

  async function conditionsOf(hook: Hook): Promise<readonly Condition[]> {
    const known = compiled.get(hook);
    if (known !== undefined) return known;
    const made = compileConditions(hook.webhook.matchConditions ?? [], await loadCel(), webhookVariableNames);
    compiled.set(hook, made);
    return made;
  }

  return async (hook, match, attributes, isMutating) => {
    if ((hook.webhook.matchConditions ?? []).length === 0) return true;
    const conditions = await conditionsOf(hook);
    const seen = async <T>(object: T) =>
      object === undefined || match.as === 'itself' ? object : match.equivalent.to(object as never);
    const [object, oldObject] = [await seen(attributes.object), await seen(attributes.oldObject)];
    const context = contextOf({ attributes, match, object, oldObject, namespace: undefined, authorize });
    const { object: now, oldObject: before, request, authorizer } = context.values;
    try {
      const values = { object: now, oldObject: before, request, authorizer };
      const about = { name: hook.webhook.name, kind: 'webhook', type: isMutating ? 'admit' : 'validating' } as const;
      return hold(conditions, forConditions({ ...context, values }), { ...about, operation: attributes.operation });
    } catch (error) {
      if (hook.webhook.failurePolicy === 'Ignore') return false;
      const { group, resource, name } = attributes;
      throw forbidden({ group, resource }, name, (error as Error).message);
    }
  };
}
