// The objects that every cluster has from its first start, as data. Pure.
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  endpointSlices,
  endpoints,
  namespaces,
  priorityClasses,
  roleBindings,
  roles,
  services,
} from '#lib/api/resources.ts';
import type { PolicyRule, Subject } from '#lib/api/types/rbac.v1.ts';
import { wantedApiServices } from './api-services.ts';
import { type BindingFacts, clusterBindingFacts, namespaceRoleFacts, serviceAccount } from './bindings.ts';
import { clusterRoleFacts, type RoleFacts } from './cluster-roles.ts';
import { controllerRules } from './controller-roles.ts';
import { type JoiningFacts, wantedForJoining } from './joining.ts';

/** An object that must be there. */
export interface Wanted {
  readonly resource: Resource<KubeObject>;
  readonly object: KubeObject & { readonly [field: string]: unknown };
  /**
   * What to do with one that is there already: leave it (people may have changed it), take over the fields that are
   * wanted, or add what lacks to its rules and subjects (unless its autoupdate annotation says `false`).
   */
  readonly existing: 'keep' | 'overwrite' | 'extend';
}

/** Where clients outside the cluster's own network find the API server. */
export interface EndpointFacts {
  readonly advertiseAddress: string;
  /** Of all servers on one store, in order; absent: of this one alone. */
  readonly serverAddresses?: readonly string[];
  readonly securePort: number;
}

export interface BootstrapFacts extends EndpointFacts {
  /** First address of the Service range. */
  readonly serviceAddress: string;
  /** Tenth address of the Service range. */
  readonly dnsAddress: string;
  /** PEM. */
  readonly clientCa: string;
  readonly frontProxyCa: string;
  readonly joining: Omit<JoiningFacts, 'ca'>;
}

/** Namespaces come first: the rest lives in them. */
export function wantedNamespaces(): readonly Wanted[] {
  return ['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => ({
    resource: namespaces,
    object: { metadata: { name } },
    existing: 'keep',
  }));
}

export function wantedObjects(facts: BootstrapFacts): readonly Wanted[] {
  return [
    ...wantedRoles(),
    ...wantedPriorities(),
    ...wantedServices(facts),
    ...wantedApiServices(),
    authenticationFacts(facts),
    ...wantedForJoining({ ...facts.joining, ca: facts.clientCa }),
  ];
}

function wantedRoles(): readonly Wanted[] {
  const ofControllers = Object.entries(controllerRules).map(([name, rules]) => ({
    name: controllerPrefix + name,
    rules,
  }));
  const bindings: readonly BindingFacts[] = [
    ...clusterBindingFacts,
    ...Object.keys(controllerRules).map((name) => ({
      name: controllerPrefix + name,
      subjects: [serviceAccount(name)],
    })),
  ];
  return [
    ...[...clusterRoleFacts, ...ofControllers].map(clusterRole),
    ...bindings.map(({ name, role = name, subjects }) =>
      extended(clusterRoleBindings, { name }, { subjects, roleRef: roleRef('ClusterRole', role) }),
    ),
    ...namespaceRoleFacts.flatMap(({ namespace, name, rules, binding: { role = name, ...binding } }) => [
      extended(roles, { name, namespace }, { rules }),
      extended(
        roleBindings,
        { name: binding.name, namespace },
        { subjects: binding.subjects, roleRef: roleRef('Role', role) },
      ),
    ]),
  ];
}

function clusterRole({ name, rules, aggregateTo, aggregates }: RoleFacts): Wanted {
  const labels = aggregateTo === undefined ? {} : { [aggregationLabel + aggregateTo]: 'true' };
  if (aggregates === undefined) return extended(clusterRoles, { name, labels }, { rules });
  const clusterRoleSelectors = [{ matchLabels: { [aggregationLabel + aggregates]: 'true' } }];
  // The rules themselves are the aggregation controller's; these are what it would come to with nothing added.
  return extended(
    clusterRoles,
    { name, labels },
    { aggregationRule: { clusterRoleSelectors }, rules: aggregated(aggregates) },
  );
}

/** The rules of every default role that carries the label, through those that aggregate in turn. */
function aggregated(label: string): readonly PolicyRule[] {
  return clusterRoleFacts
    .filter(({ aggregateTo }) => aggregateTo === label)
    .flatMap(({ rules, aggregates }) => rules ?? (aggregates === undefined ? [] : aggregated(aggregates)));
}

function extended(
  resource: Resource<KubeObject>,
  metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> },
  rest: { readonly rules?: unknown; readonly subjects?: readonly Subject[]; readonly [field: string]: unknown },
): Wanted {
  const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...metadata.labels };
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
  return { resource, object: { metadata: { ...metadata, labels, annotations }, ...rest }, existing: 'extend' };
}

function roleRef(kind: string, name: string): object {
  return { apiGroup: 'rbac.authorization.k8s.io', kind, name };
}

const controllerPrefix = 'system:controller:';
const aggregationLabel = 'rbac.authorization.k8s.io/aggregate-to-';

function wantedPriorities(): readonly Wanted[] {
  const classes = [
    [
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
    [
      'system-node-critical',
      2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ],
  ] as const;
  return classes.map(([name, value, description]) => ({
    resource: priorityClasses,
    object: { metadata: { name }, value, description, preemptionPolicy: 'PreemptLowerPriority' },
    existing: 'keep',
  }));
}

/** The API's own Service. */
export function wantedKubernetes({
  serviceAddress,
  securePort,
}: Pick<BootstrapFacts, 'serviceAddress' | 'securePort'>): Wanted {
  return {
    resource: services,
    object: {
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        clusterIP: serviceAddress,
        clusterIPs: [serviceAddress],
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: securePort }],
      },
    },
    existing: 'overwrite',
  };
}

/** Of the Service `kubernetes`: those of its selector would be anybody's. */
export function wantedEndpoints({
  advertiseAddress,
  serverAddresses = [advertiseAddress],
  securePort,
}: EndpointFacts): readonly Wanted[] {
  const https = { name: 'https', port: securePort, protocol: 'TCP' };
  return [
    {
      resource: endpoints,
      object: {
        metadata: {
          name: 'kubernetes',
          namespace: 'default',
          labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
        },
        subsets: [{ addresses: serverAddresses.map((ip) => ({ ip })), ports: [https] }],
      },
      existing: 'overwrite',
    },
    {
      resource: endpointSlices,
      object: {
        metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: advertiseAddress.includes(':') ? 'IPv6' : 'IPv4',
        endpoints: serverAddresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
        ports: [https],
      },
      existing: 'overwrite',
    },
  ];
}

function wantedServices({
  advertiseAddress,
  serverAddresses,
  securePort,
  serviceAddress,
  dnsAddress,
}: BootstrapFacts): readonly Wanted[] {
  return [
    wantedKubernetes({ serviceAddress, securePort }),
    ...wantedEndpoints({ advertiseAddress, securePort, ...(serverAddresses === undefined ? {} : { serverAddresses }) }),
    {
      resource: services,
      object: {
        metadata: {
          name: 'kube-dns',
          namespace: 'kube-system',
          labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
        },
        spec: {
          clusterIP: dnsAddress,
          clusterIPs: [dnsAddress],
          selector: { 'k8s-app': 'kube-dns' },
          ports: [
            { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
            { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
            { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
          ],
        },
      },
      existing: 'keep',
    },
  ];
}

/** Where extension API servers read whom to believe. */
function authenticationFacts({ clientCa, frontProxyCa }: BootstrapFacts): Wanted {
  return {
    resource: configMaps,
    object: {
      metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
      data: {
        'client-ca-file': clientCa,
        'requestheader-allowed-names': '["front-proxy-client"]',
        'requestheader-client-ca-file': frontProxyCa,
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-uid-headers': '["X-Remote-Uid"]',
        'requestheader-username-headers': '["X-Remote-User"]',
      },
    },
    existing: 'overwrite',
  };
}
