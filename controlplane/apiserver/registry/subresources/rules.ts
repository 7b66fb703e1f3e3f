// What each subresource that takes the whole object may change of it.
import { copyOf } from '#lib/api/copy.ts';
import { at } from '#lib/api/field-errors.ts';
import { validateApproval } from '#lib/api/kinds/cluster/certificate-status.ts';
import { isSame } from '#lib/api/kinds/equal.ts';
import { dropFieldsOf } from '#lib/api/kinds/features.ts';
import type { KindRules } from '#lib/api/kinds/kind-rules.ts';
import { validateFinalizer, validateMaps, validateMetadataUpdate } from '#lib/api/kinds/metadata.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { leniencyOf } from '#lib/api/kinds/pod/leniency-of.ts';
import { validateWholePod } from '#lib/api/kinds/pod/validate.ts';
import { validateEphemeralContainersUpdate } from '#lib/api/kinds/pod/validate-update.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { CertificateSigningRequest } from '#lib/api/types/certificates.v1.ts';
import type { Namespace, Pod } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import type { UserInfo } from '../../exchange.ts';
import type { ChangeRules } from '../operations/change.ts';
import { timeText } from '../served.ts';
import { resized, wrongResize } from './resize.ts';

/** Undefined: that is no subresource that takes the whole object. */
export function changeRulesOf(
  rules: KindRules,
  subresource: string | undefined,
  user: UserInfo,
  nowMs: number,
): ChangeRules | undefined {
  switch (subresource) {
    case undefined:
      return {
        prepare: (next, previous) => rules.prepareForUpdate(next, previous, { nowMs, user }),
        validate: rules.validateUpdate,
        warnings: rules.warnings,
        mayFinishDeletion: true,
      };
    case 'status':
      return {
        prepare: rules.prepareForStatusUpdate,
        validate: (next, previous) => rules.validateStatusUpdate(next, previous, nowMs),
        mayFinishDeletion: true,
      };
    case 'finalize':
      return only(rules, finalized, wrongFinalization);
    case 'approval':
      return only(
        rules,
        (next: CertificateSigningRequest, previous) => approved(next, previous, nowMs),
        validateApproval,
      );
    case 'ephemeralcontainers':
      return only(rules, withEphemeral, validateEphemeralContainersUpdate);
    case 'resize':
      return only(rules, resized, (next: Pod, previous) => [
        ...wrongResize(next, previous),
        ...validateWholePod(next.spec!, next.metadata, leniencyOf(previous)),
      ]);
    default:
      return undefined;
  }
}

/** Keeps all of the previous object but what `take` takes over from the next one. */
function only<T extends KubeObject>(
  rules: KindRules,
  take: (next: T, previous: T) => T,
  validate: (next: T, previous: T) => readonly StatusCause[],
): ChangeRules {
  return {
    prepare(next, previous) {
      const { resourceVersion } = previous.metadata;
      const taken = copyOf(take(next as unknown as T, previous as T)) as unknown as ApiObject;
      for (const field of Object.keys(next)) delete next[field];
      Object.assign(next, taken);
      if (resourceVersion !== undefined) next.metadata.resourceVersion = resourceVersion;
      const spec = (object: KubeObject) => (object as { readonly spec?: unknown }).spec;
      const grows = rules.hasGeneration && !isSame(spec(next), spec(previous));
      if (grows) next.metadata.generation = (previous.metadata.generation ?? 0) + 1;
    },
    validate: (next, previous) => validate(next as T, previous as T),
    mayFinishDeletion: true,
  };
}

function finalized(next: Namespace, previous: Namespace): Namespace {
  return { ...previous, metadata: next.metadata, spec: { ...previous.spec, finalizers: next.spec?.finalizers } };
}

/** Rule: core validation, ValidateNamespaceFinalizeUpdate. */
function wrongFinalization(next: Namespace, previous: Namespace): readonly StatusCause[] {
  return [
    ...validateMaps(next.metadata),
    ...validateMetadataUpdate(next.metadata, previous.metadata),
    ...(next.spec?.finalizers ?? []).flatMap((name, index) => validateFinalizer(name, at('spec.finalizers', index))),
  ];
}

/** The approval takes conditions only, and says when they came. Rule: certificates approval strategy. */
function approved(
  next: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  nowMs: number,
): CertificateSigningRequest {
  const known = new Set(previous.status?.conditions?.map(({ type }) => type));
  const now = timeText(nowMs);
  const conditions = next.status?.conditions?.map((condition) => {
    const times = {
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? now,
    };
    return known.has(condition.type) ? condition : { ...condition, ...times };
  });
  return { ...previous, metadata: next.metadata, status: { ...previous.status, conditions } };
}

const dropFromPod = dropFieldsOf('', 'Pod')!;

function withEphemeral(next: Pod, previous: Pod): Pod {
  dropFromPod(next as unknown as ApiObject, previous);
  return { ...previous, spec: { ...previous.spec!, ephemeralContainers: next.spec?.ephemeralContainers } };
}
