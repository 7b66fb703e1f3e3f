// Objects for tests: valid ones, of which each test names only the difference.
import type { Service, ServicePort, ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { Endpoint, EndpointSlice } from '#lib/api/types/discovery.v1.ts';

export function exampleService(
  name: string,
  spec: Partial<ServiceSpec> = {},
  rest: { readonly status?: Service['status']; readonly labels?: Record<string, string> } = {},
): Service {
  return {
    metadata: {
      namespace: 'default',
      name,
      uid: name,
      resourceVersion: '1',
      ...(rest.labels && { labels: rest.labels }),
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.1.1',
      ports: [examplePort()],
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ...spec,
    },
    status: rest.status ?? {},
  };
}

export function examplePort(port: Partial<ServicePort> = {}): ServicePort {
  return { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, ...port };
}

export function exampleSlice(
  service: string,
  endpoints: readonly Endpoint[],
  rest: Partial<EndpointSlice> & { readonly name?: string; readonly labels?: Record<string, string> } = {},
): EndpointSlice {
  const { name = `${service}-abc`, labels, ...spec } = rest;
  return {
    metadata: {
      namespace: 'default',
      name,
      uid: name,
      resourceVersion: '1',
      labels: { 'kubernetes.io/service-name': service, ...labels },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints,
    ...spec,
  };
}

export function exampleEndpoint(address: string, nodeName = 'node-2', rest: Partial<Endpoint> = {}): Endpoint {
  return { addresses: [address], nodeName, conditions: { ready: true, serving: true, terminating: false }, ...rest };
}
