import { flowSchemas, priorityLevelConfigurations } from '#lib/api/resources.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { UserInfo } from '../exchange.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { Registry } from '../registry/registry.ts';
import { type Flow, flowOf, orderFlows } from './classify.ts';
import { createFlowMetrics, type FlowCounts } from './metrics.ts';

/** To which flow a request belongs; undefined before the first start is over. */
export type FindFlow = (user: UserInfo, info: RequestInfo) => CountedFlow | undefined;

export interface CountedFlow extends FlowCounts {
  /** By what answers tell to which flow and level their request was counted. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Goes by the objects as they are at the moment. */
export function createFindFlow(registry: Pick<Registry, 'reader'>, metrics: Metrics): FindFlow {
  const schemas = registry.reader(flowSchemas);
  const levels = registry.reader(priorityLevelConfigurations);
  const countsOf = createFlowMetrics(metrics);
  let flows: readonly (Flow & { readonly counted: CountedFlow })[] | undefined;
  schemas.onChange(() => (flows = undefined));
  levels.onChange(() => (flows = undefined));
  return (user, info) => {
    flows ??= orderFlows(schemas.list(), levels.get).map((flow) => ({ ...flow, counted: counted(flow) }));
    return flowOf(flows, user, info)?.counted;
  };

  function counted({ schema, level }: Flow): CountedFlow {
    return {
      ...countsOf(level.metadata.name!, schema.metadata.name!),
      headers: {
        'x-kubernetes-pf-flowschema-uid': schema.metadata.uid!,
        'x-kubernetes-pf-prioritylevel-uid': level.metadata.uid!,
      },
    };
  }
}
