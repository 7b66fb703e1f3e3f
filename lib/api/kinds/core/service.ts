import { wrongDns1123Label } from '../../names.ts';
import type { Service, ServiceSpec } from '../../types/core.v1.ts';
import { ageOf, columns, labelText } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { validateServiceStatus } from '../network/load-balancer.ts';
import { serviceWarnings } from '../warnings/service.ts';
import { isExternal } from './service-traffic.ts';
import { validateService, validateServiceUpdate } from './service-validate.ts';

const inside: readonly string[] = ['NodePort', 'LoadBalancer', 'ClusterIP'];

export const service: KindParts<Service> = {
  warnings: serviceWarnings,
  wrongName: wrongDns1123Label,
  allowsCreateOnUpdate: true,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.sessionAffinity ||= 'None';
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
    if (spec.sessionAffinity === 'ClientIP') {
      spec.sessionAffinityConfig ??= {};
      spec.sessionAffinityConfig.clientIP ??= {};
      spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
    }
    spec.type ||= 'ClusterIP';
    for (const port of spec.ports ?? []) {
      port.protocol ||= 'TCP';
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
    }
    if (isExternal(spec as ServiceSpec)) spec.externalTrafficPolicy ||= 'Cluster';
    if (inside.includes(spec.type)) spec.internalTrafficPolicy ??= 'Cluster';
    if (spec.type !== 'LoadBalancer') return;
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const one of object.status?.loadBalancer?.ingress ?? []) if (one.ip) one.ipMode ??= 'VIP';
  },
  validate: (object) => validateService(object),
  validateUpdate: validateServiceUpdate,
  validateStatus: validateServiceStatus,
  fields: ({ spec }) => ({ 'spec.clusterIP': spec?.clusterIP ?? '', 'spec.type': spec?.type ?? '' }),
  columns: columns(['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', '@Age'], ['Selector']),
  row(object, nowMs) {
    const { metadata, spec } = object;
    return [
      metadata.name,
      spec?.type ?? '',
      spec?.clusterIPs?.[0] || spec?.clusterIP || '<none>',
      externalText(object),
      portsText(object),
      ageOf(metadata, nowMs),
      labelText(spec?.selector),
    ];
  },
};

function externalText({ spec, status }: Service): string {
  const own = spec?.externalIPs ?? [];
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  if (spec?.type !== 'LoadBalancer') return own.join(',') || '<none>';
  const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...new Set(given), ...own].join(',') || '<pending>';
}

function portsText({ spec }: Service): string {
  const texts = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return texts.join(',') || '<none>';
}
