import { flowSchemas, priorityLevelConfigurations } from '#lib/api/resources.ts';
import type { UserInfo } from '../exchange.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { Registry } from '../registry/registry.ts';
import { type Flow, flowOf, orderFlows } from './classify.ts';

/** By what answers tell to which flow and level their request was counted. */
export type FlowHeaders = (user: UserInfo, info: RequestInfo) => Readonly<Record<string, string>>;

/** Goes by the objects as they are at the moment. */
export function createFlowHeaders(registry: Pick<Registry, 'reader'>): FlowHeaders {
  const schemas = registry.reader(flowSchemas);
  const levels = registry.reader(priorityLevelConfigurations);
  let flows: readonly Flow[] | undefined;
  schemas.onChange(() => (flows = undefined));
  levels.onChange(() => (flows = undefined));
  return (user, info) => {
    flows ??= orderFlows(schemas.list(), levels.get);
    const found = flowOf(flows, user, info);
    if (found === undefined) return {}; // before the first start is over
    return {
      'x-kubernetes-pf-flowschema-uid': found.schema.metadata.uid!,
      'x-kubernetes-pf-prioritylevel-uid': found.level.metadata.uid!,
    };
  };
}
