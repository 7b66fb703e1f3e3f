// Warnings of kinds that have one or two.
import { at, child } from '../../field-errors.ts';
import type { Endpoints, Node, PersistentVolumeClaim, ServiceAccount } from '../../types/core.v1.ts';
import type { EndpointSlice } from '../../types/discovery.v1.ts';
import type { Ingress, NetworkPolicy } from '../../types/networking.v1.ts';
import type { RuntimeClass } from '../../types/node.v1.ts';
import type { CSIStorageCapacity, StorageClass } from '../../types/storage.v1.ts';
import { cidrWarnings, ipWarnings } from './addresses.ts';
import { claimSpecWarnings } from './amounts.ts';
import { oldLabel, oldLabelsOf, selectorWarnings } from './node-labels.ts';
import { classAnnotationWarnings } from './volumes.ts';

export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  return [...classAnnotationWarnings(metadata), ...claimSpecWarnings(spec, 'spec')];
}

export function storageClassWarnings({ allowedTopologies }: StorageClass): string[] {
  return (allowedTopologies ?? []).flatMap(({ matchLabelExpressions }, index) =>
    (matchLabelExpressions ?? []).flatMap(({ key }, position) => {
      const field = at(child(at('allowedTopologies', index), 'matchLabelExpressions'), position);
      return oldLabel(key) === undefined ? [] : [`${field}: ${oldLabel(key)}`];
    }),
  );
}

export function storageCapacityWarnings({ nodeTopology }: CSIStorageCapacity): string[] {
  return selectorWarnings(nodeTopology, 'nodeTopology');
}

export function runtimeClassWarnings({ scheduling }: RuntimeClass): string[] {
  return oldLabelsOf(scheduling?.nodeSelector ?? {}, () => 'scheduling.nodeSelector');
}

export function nodeWarnings({ spec }: Node): string[] {
  const warnings: string[] = [];
  if (spec?.configSource !== undefined) warnings.push('spec.configSource: the feature is removed');
  if (spec?.externalID) {
    warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
  }
  for (const [index, range] of (spec?.podCIDRs ?? []).entries()) {
    warnings.push(...cidrWarnings(at('spec.podCIDRs', index), range));
  }
  return warnings;
}

const secretsAnnotation = 'kubernetes.io/enforce-mountable-secrets';

/** Of an update: if it is the update that brings the annotation. */
export function accountWarnings({ metadata }: ServiceAccount, previous?: ServiceAccount): string[] {
  const wasThere = previous?.metadata.annotations?.[secretsAnnotation] !== undefined;
  if (wasThere || metadata.annotations?.[secretsAnnotation] === undefined) return [];
  const why = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
  return [`${at('metadata.annotations', secretsAnnotation)}: ${why}`];
}

export function ingressWarnings({ metadata }: Ingress, previous?: Ingress): string[] {
  const key = 'kubernetes.io/ingress.class';
  if (previous !== undefined || metadata.annotations?.[key] === undefined) return [];
  return [`annotation "${key}" is deprecated, please use 'spec.ingressClassName' instead`];
}

export function networkPolicyWarnings({ spec }: NetworkPolicy): string[] {
  return (['ingress', 'egress'] as const).flatMap((direction) => {
    const peers = direction === 'ingress' ? 'from' : 'to';
    const rules = spec?.[direction] ?? [];
    return rules.flatMap((rule, index) => {
      const list = 'from' in rule ? rule.from : 'to' in rule ? rule.to : [];
      return (list ?? []).flatMap(({ ipBlock }, position) => {
        if (ipBlock === undefined) return [];
        const field = child(at(child(at(child('spec', direction), index), peers), position), 'ipBlock');
        return [
          ...cidrWarnings(child(field, 'cidr'), ipBlock.cidr ?? ''),
          ...(ipBlock.except ?? []).flatMap((range, place) => cidrWarnings(at(child(field, 'except'), place), range)),
        ];
      });
    });
  });
}

/** Those that a controller mirrors from slices have been looked at there. */
export function endpointsWarnings({ metadata, subsets }: Endpoints): string[] {
  if (metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return [];
  return (subsets ?? []).flatMap((subset, index) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip }, position) =>
        ipWarnings(child(at(child(at('subsets', index), list), position), 'ip'), ip ?? ''),
      ),
    ),
  );
}

export function sliceWarnings({ metadata, addressType, endpoints }: EndpointSlice): string[] {
  if (addressType === 'FQDN') return ['addressType: FQDN endpoints are deprecated'];
  if (metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === 'endpointslice-controller.k8s.io') return [];
  return (endpoints ?? []).flatMap(({ addresses }, index) =>
    (addresses ?? []).flatMap((ip, position) =>
      ipWarnings(at(child(at('endpoints', index), 'addresses'), position), ip),
    ),
  );
}
