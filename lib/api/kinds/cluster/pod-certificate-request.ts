import { forbiddenField, invalidValue, required } from '../../field-errors.ts';
import type { PodCertificateRequest } from '../../types/certificates.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { validateCertificateStatus } from './pod-certificate-status.ts';

/** Rule: KEP-4317. What was asked for never changes; what was answered is for the signer alone. */
export const podCertificateRequest: KindParts<PodCertificateRequest> = {
  defaults({ spec }) {
    if (spec !== undefined) spec.maxExpirationSeconds ??= 86_400;
  },
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, previous) =>
    isSame(spec, previous.spec) ? [] : [forbiddenField('spec', 'updates to the spec are forbidden')],
  validateStatus: validateCertificateStatus,
  fields: ({ spec }) => ({
    'spec.signerName': spec?.signerName ?? '',
    'spec.podName': spec?.podName ?? '',
    'spec.nodeName': spec?.nodeName ?? '',
  }),
  columns: columns(['Name', 'PodName', 'ServiceAccountName', 'NodeName', 'SignerName', 'State', '@Age']),
  row({ metadata, spec, status }, nowMs) {
    const state = (status?.conditions ?? []).find(({ type }) => ['Denied', 'Failed', 'Issued'].includes(type))?.type;
    return [
      metadata.name,
      spec?.podName ?? '',
      spec?.serviceAccountName ?? '',
      spec?.nodeName ?? '',
      spec?.signerName ?? '',
      state ?? 'Pending',
      ageOf(metadata, nowMs),
    ];
  },
};

const names = [
  'signerName',
  'podName',
  'podUID',
  'serviceAccountName',
  'serviceAccountUID',
  'nodeName',
  'nodeUID',
  'stubPKCS10Request',
] as const;
const leastSeconds = 3600;
const mostSeconds = 91 * 24 * 3600;

function validateSpec(spec: PodCertificateRequest['spec'] | undefined): StatusCause[] {
  const causes = names.filter((name) => !spec?.[name]).map((name) => required(`spec.${name}`));
  const seconds = spec?.maxExpirationSeconds ?? mostSeconds;
  const field = 'spec.maxExpirationSeconds';
  if (seconds < leastSeconds)
    causes.push(invalidValue(field, seconds, `must be in the range [${leastSeconds}, ${mostSeconds}]`));
  if (seconds > mostSeconds)
    causes.push(invalidValue(field, seconds, `must be in the range [${leastSeconds}, ${mostSeconds}]`));
  return causes;
}
