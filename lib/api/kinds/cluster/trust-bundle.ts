import { invalidValue, required } from '../../field-errors.ts';
import { wrongPathSegment } from '../../names.ts';
import type { ClusterTrustBundle } from '../../types/certificates.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { columns } from '../columns.ts';
import type { KindParts } from '../define.ts';

/** Rule: KEP-3257: one that belongs to a signer is named after it, so that nobody else's passes for its. */
export const clusterTrustBundle: KindParts<ClusterTrustBundle> = {
  wrongName: wrongPathSegment,
  validate: ({ metadata, spec }) => [
    ...validateName(metadata.name ?? '', spec?.signerName ?? ''),
    ...validateAnchors(spec?.trustBundle ?? ''),
  ],
  validateUpdate: ({ spec }, previous) =>
    (spec?.signerName ?? '') === (previous.spec?.signerName ?? '')
      ? []
      : [invalidValue('spec.signerName', spec?.signerName ?? '', 'field is immutable')],
  fields: ({ spec }) => ({ 'spec.signerName': spec?.signerName ?? '' }),
  columns: columns(['Name', 'SignerName']),
  row: ({ metadata, spec }) => [metadata.name, spec?.signerName || '<none>'],
};

function validateName(name: string, signerName: string): StatusCause[] {
  if (signerName === '') {
    const detail = 'ClusterTrustBundle without signer name must not have ":" in its name';
    return name.includes(':') ? [invalidValue('metadata.name', name, detail)] : [];
  }
  const prefix = `${signerName.replaceAll('/', ':')}:`;
  const detail = `ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`;
  return name.startsWith(prefix) ? [] : [invalidValue('metadata.name', name, detail)];
}

/** PEM blocks of certificates, each once, without headers. */
function validateAnchors(text: string): StatusCause[] {
  const refuse = (detail: string) => [invalidValue('spec.trustBundle', '<value omitted>', detail)];
  if (text === '') return [required('spec.trustBundle')];
  const blocks = [...text.matchAll(/-----BEGIN ([^-]+)-----([^-]*)-----END \1-----/g)];
  if (blocks.length === 0) return refuse('at least one trust anchor must be provided');
  const seen = new Set<string>();
  for (const [index, [, type, body = '']] of blocks.entries()) {
    if (type !== 'CERTIFICATE') return refuse(`entry ${index} has bad block type: ${type}`);
    if (body.includes(':')) return refuse(`entry ${index} has PEM block headers`);
    const base64 = body.replaceAll(/\s/g, '');
    if (Buffer.from(base64, 'base64')[0] !== 0x30) return refuse(`entry ${index} does not parse as X.509`);
    if (seen.has(base64)) return refuse(`duplicate trust anchor (entry ${index})`);
    seen.add(base64);
  }
  return [];
}
