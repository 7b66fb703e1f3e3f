// The rules of every kind, by group and kind. Kinds without rules of their own get the generic ones.
import { resourceFacts } from '../schema.ts';
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from './cluster/admission.ts';
import { mutatingAdmissionPolicyBinding, validatingAdmissionPolicyBinding } from './cluster/admission-bindings.ts';
import { mutatingAdmissionPolicy, validatingAdmissionPolicy } from './cluster/admission-policies.ts';
import { certificateSigningRequest } from './cluster/certificates.ts';
import { customResourceDefinition } from './cluster/definition.ts';
import { deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice } from './cluster/devices.ts';
import { apiService } from './cluster/extension.ts';
import { flowSchema, priorityLevelConfiguration, storageVersionMigration } from './cluster/flow.ts';
import { podCertificateRequest } from './cluster/pod-certificate-request.ts';
import { lease, priorityClass, runtimeClass } from './cluster/small.ts';
import { clusterTrustBundle } from './cluster/trust-bundle.ts';
import { configMap, secret } from './core/config-map.ts';
import { endpoints } from './core/endpoints.ts';
import { event, newerEvent } from './core/event.ts';
import { limitRange } from './core/limit-range.ts';
import { namespace } from './core/namespace.ts';
import { node } from './core/node.ts';
import { resourceQuota } from './core/resource-quota.ts';
import { service } from './core/service.ts';
import { componentStatus, serviceAccount } from './core/service-account.ts';
import { type KindParts, rulesFor } from './define.ts';
import type { KindRules } from './kind-rules.ts';
import { endpointSlice } from './network/endpoint-slice.ts';
import { ingress } from './network/ingress.ts';
import { ingressClass } from './network/ingress-class.ts';
import { networkPolicy } from './network/network-policy.ts';
import { ipAddress, serviceCidr } from './network/service-range.ts';
import { pod } from './pod/pod.ts';
import { horizontalPodAutoscaler } from './policy/autoscaler.ts';
import { podDisruptionBudget } from './policy/disruption.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './policy/rbac.ts';
import { persistentVolumeClaim } from './storage/claim.ts';
import {
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
} from './storage/classes.ts';
import { persistentVolume } from './storage/volume.ts';
import { cronJob } from './workloads/cron-job.ts';
import { daemonSet } from './workloads/daemon-set.ts';
import { deployment } from './workloads/deployment.ts';
import { job } from './workloads/job.ts';
import { podTemplate, replicaSet, replicationController } from './workloads/replica-set.ts';
import { controllerRevision, statefulSet } from './workloads/stateful-set.ts';

/** Each part sees objects of its own kind only: the table need not know which. */
// biome-ignore lint/suspicious/noExplicitAny: the type of the objects is the key's business
type AnyParts = KindParts<any>;

const parts: Readonly<Record<string, AnyParts>> = {
  '/ComponentStatus': componentStatus,
  '/ConfigMap': configMap,
  '/Endpoints': endpoints,
  '/Event': event,
  '/LimitRange': limitRange,
  '/Namespace': namespace,
  '/Node': node,
  '/PersistentVolume': persistentVolume,
  '/PersistentVolumeClaim': persistentVolumeClaim,
  '/Pod': pod,
  '/PodTemplate': podTemplate,
  '/ReplicationController': replicationController,
  '/ResourceQuota': resourceQuota,
  '/Secret': secret,
  '/Service': service,
  '/ServiceAccount': serviceAccount,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': mutatingAdmissionPolicy,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': mutatingAdmissionPolicyBinding,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': mutatingWebhookConfiguration,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': validatingAdmissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': validatingAdmissionPolicyBinding,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': validatingWebhookConfiguration,
  'apiextensions.k8s.io/CustomResourceDefinition': customResourceDefinition,
  'apiregistration.k8s.io/APIService': apiService,
  'apps/ControllerRevision': controllerRevision,
  'apps/DaemonSet': daemonSet,
  'apps/Deployment': deployment,
  'apps/ReplicaSet': replicaSet,
  'apps/StatefulSet': statefulSet,
  'autoscaling/HorizontalPodAutoscaler': horizontalPodAutoscaler,
  'batch/CronJob': cronJob,
  'batch/Job': job,
  'certificates.k8s.io/CertificateSigningRequest': certificateSigningRequest,
  'certificates.k8s.io/ClusterTrustBundle': clusterTrustBundle,
  'certificates.k8s.io/PodCertificateRequest': podCertificateRequest,
  'coordination.k8s.io/Lease': lease,
  'discovery.k8s.io/EndpointSlice': endpointSlice,
  'events.k8s.io/Event': newerEvent,
  'flowcontrol.apiserver.k8s.io/FlowSchema': flowSchema,
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': priorityLevelConfiguration,
  'networking.k8s.io/IPAddress': ipAddress,
  'networking.k8s.io/Ingress': ingress,
  'networking.k8s.io/IngressClass': ingressClass,
  'networking.k8s.io/NetworkPolicy': networkPolicy,
  'networking.k8s.io/ServiceCIDR': serviceCidr,
  'node.k8s.io/RuntimeClass': runtimeClass,
  'policy/PodDisruptionBudget': podDisruptionBudget,
  'rbac.authorization.k8s.io/ClusterRole': clusterRole,
  'rbac.authorization.k8s.io/ClusterRoleBinding': clusterRoleBinding,
  'rbac.authorization.k8s.io/Role': role,
  'rbac.authorization.k8s.io/RoleBinding': roleBinding,
  'resource.k8s.io/ResourceClaim': resourceClaim,
  'resource.k8s.io/ResourceClaimTemplate': resourceClaimTemplate,
  'resource.k8s.io/ResourceSlice': resourceSlice,
  'scheduling.k8s.io/PriorityClass': priorityClass,
  'storage.k8s.io/CSIDriver': csiDriver,
  'storage.k8s.io/CSINode': csiNode,
  'storage.k8s.io/CSIStorageCapacity': csiStorageCapacity,
  'storage.k8s.io/StorageClass': storageClass,
  'storage.k8s.io/VolumeAttachment': volumeAttachment,
  'storage.k8s.io/VolumeAttributesClass': volumeAttributesClass,
  'storagemigration.k8s.io/StorageVersionMigration': storageVersionMigration,
  'resource.k8s.io/DeviceClass': deviceClass,
  'resource.k8s.io/DeviceTaintRule': { hasGeneration: true },
};

const made = new Map<string, KindRules>();

/** Rules of a built-in kind, of any of its versions; `group` is '' for the core group. */
export function rulesOf(group: string, kind: string): KindRules {
  const key = `${group}/${kind}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const facts = resourceFacts.find((one) => one.group === group && one.kind === kind && !one.subresourceOnly);
  if (facts === undefined) throw new TypeError(`No kind is named ${key}`);
  const rules = rulesFor(
    {
      group,
      kind,
      version: facts.version,
      isNamespaced: facts.scope === 'Namespaced',
      hasStatus: facts.subresources.some(({ name }) => name === 'status'),
    },
    parts[key] ?? {},
  );
  made.set(key, rules);
  return rules;
}
