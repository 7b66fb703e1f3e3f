// Keeps the ServiceCIDR that stands for the ranges which the server was started with.
import { serviceCIDRs } from '#lib/api/resources.ts';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import { defaultRangeName } from './ranges.ts';

export type Step =
  | { readonly do: 'create' | 'update' | 'report'; readonly object: ServiceCIDR }
  | { readonly do: 'nothing' }
  | { readonly do: 'complain' };

/**
 * What is to be done about the default object. Rule: defaultservicecidr controller: it is made where it lacks, gets a second
 * family where it has one of two, is reported ready once, and is otherwise left to people.
 */
export function planDefaultRange(cidrs: readonly string[], found: ServiceCIDR | undefined, now: string): Step {
  const metadata = { name: defaultRangeName };
  if (found === undefined) return { do: 'create', object: { metadata, spec: { cidrs }, status: {} } };
  if (found.metadata.deletionTimestamp !== undefined) return { do: 'nothing' };
  const has = found.spec?.cidrs ?? [];
  if (has.length === 1 && cidrs.length === 2 && has[0] === cidrs[0]) {
    return { do: 'update', object: { ...found, spec: { cidrs } } };
  }
  if (has.join() !== cidrs.join()) return { do: 'complain' };
  const ready = found.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready !== undefined && ready.status !== 'Unknown') return { do: 'nothing' };
  const message = 'Kubernetes default Service CIDR is ready';
  const condition = { type: 'Ready', status: 'True', lastTransitionTime: now, reason: '', message };
  return { do: 'report', object: { ...found, status: { conditions: [condition] } } };
}

export const defaultRangeRef = {
  apiVersion: 'networking.k8s.io/v1',
  kind: serviceCIDRs.kind,
  name: defaultRangeName,
} as const;
