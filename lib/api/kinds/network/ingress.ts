import type { Ingress } from '../../types/networking.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { ingressWarnings } from '../warnings/others.ts';
import { validateIngressStatus } from './load-balancer.ts';
import { validateIngress, validateIngressUpdate } from './validate-ingress.ts';

const mostHosts = 3;

export const ingress: KindParts<Ingress> = {
  warnings: ingressWarnings,
  hasGeneration: true,
  validate: validateIngress,
  validateUpdate: validateIngressUpdate,
  validateStatus: validateIngressStatus,
  columns: columns(['Name', 'Class', 'Hosts', 'Address', 'Ports', '@Age']),
  row({ metadata, spec, status }, nowMs) {
    const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter((host) => host !== '');
    const shown = hosts.slice(0, mostHosts).join(',');
    const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
    return [
      metadata.name,
      spec?.ingressClassName ?? '<none>',
      hosts.length > mostHosts ? `${shown} + ${hosts.length - mostHosts} more...` : shown || '*',
      addresses.join(','),
      (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
      ageOf(metadata, nowMs),
    ];
  },
};
