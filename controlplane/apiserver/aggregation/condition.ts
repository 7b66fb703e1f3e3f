// Whether an extension API server can be used, as far as objects tell. Pure. Rule: kube-aggregator's available controller.
import type { APIService, APIServiceCondition } from '#lib/api/types/apiregistration.v1.ts';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';

export interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export const passed: Verdict = { status: 'True', reason: 'Passed', message: 'all checks passed' };

/** What is wrong already; undefined: it is worth asking. */
export function problemOf(
  { spec }: APIService,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
): Verdict | undefined {
  const { name = '', namespace = '', port = 443 } = spec?.service ?? {};
  const named = `service/${name} in ${JSON.stringify(namespace)}`;
  const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });
  if (service === undefined) return no('ServiceNotFound', `${named} is not present`);
  if (service.spec?.type === 'ExternalName') return undefined;
  const found = (service.spec?.ports ?? []).find((one) => one.port === port);
  if (found === undefined) return no('ServicePortError', `${named} is not listening on port ${port}`);
  const mine = slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
  if (mine.length === 0) return no('EndpointsNotFound', `cannot find endpoints for ${named}`);
  const isReady = mine.some(
    ({ endpoints = [], ports = [] }) =>
      ports.some((one) => (one.name ?? '') === (found.name ?? '')) &&
      endpoints.some(({ conditions }) => conditions?.ready !== false),
  );
  if (isReady) return undefined;
  const portName = JSON.stringify(found.name ?? '');
  return no('MissingEndpoints', `endpoints for ${named} have no addresses with port name ${portName}`);
}

/** The conditions with `verdict` among them; the same array if it stands there already. */
export function withVerdict(
  conditions: readonly APIServiceCondition[],
  verdict: Verdict,
  now: string,
): readonly APIServiceCondition[] {
  const before = conditions.find(({ type }) => type === 'Available');
  const isSame =
    before?.status === verdict.status && before.reason === verdict.reason && before.message === verdict.message;
  if (isSame) return conditions;
  const since = before?.status === verdict.status ? before.lastTransitionTime : undefined;
  const condition: APIServiceCondition = { type: 'Available', ...verdict, lastTransitionTime: since ?? now };
  return [...conditions.filter((one) => one !== before), condition];
}
