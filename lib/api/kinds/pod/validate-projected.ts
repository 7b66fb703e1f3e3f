import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, VolumeProjection } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateFieldRef, validateResourceRef, volumeFields } from './validate-env.ts';
import { validateItems, validateLocalPath, validateMode } from './validate-paths.ts';

export function validateDownward(items: readonly DownwardAPIVolumeFile[], path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, { path: file, fieldRef, resourceFieldRef, mode }] of items.entries()) {
    const field = at(child(path, 'items'), index);
    if (!file) causes.push(required(child(field, 'path')));
    else causes.push(...validateLocalPath(file, child(field, 'path')));
    if (fieldRef !== undefined) {
      causes.push(...validateFieldRef(fieldRef, volumeFields, child(field, 'fieldRef')));
      if (resourceFieldRef !== undefined) {
        causes.push(
          invalidValue(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'),
        );
      }
    } else if (resourceFieldRef !== undefined) {
      causes.push(...validateResourceRef(resourceFieldRef, child(field, 'resourceFieldRef'), false));
    } else {
      causes.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
    }
    causes.push(...validateMode(mode, child(field, 'mode')));
  }
  return causes;
}

export function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, path: Path): StatusCause[] {
  const causes = validateMode(defaultMode, child(path, 'defaultMode'));
  const files = new Set<string>();
  for (const [index, source] of (sources ?? []).entries()) {
    const field = at(child(path, 'sources'), index);
    causes.push(...validateProjection(source, field));
    for (const file of filesOf(source)) {
      if (files.has(file)) causes.push(invalidValue(child(field, 'path'), file, 'conflicting duplicate paths'));
      files.add(file);
    }
  }
  return causes;
}

function validateProjection(source: VolumeProjection, path: Path): StatusCause[] {
  const given = Object.entries(source).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return [required(path, 'must specify at least one projection type')];
  const causes = given
    .slice(1)
    .map(([key]) => forbiddenField(child(path, key), 'may not specify more than 1 volume type per source'));
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  for (const [kind, ref] of [
    ['secret', secret],
    ['configMap', configMap],
  ] as const) {
    if (ref === undefined) continue;
    if (!ref.name) causes.push(required(child(path, kind, 'name')));
    else
      causes.push(
        ...wrongDns1123Subdomain(ref.name).map((message) => invalidValue(child(path, kind, 'name'), ref.name, message)),
      );
    causes.push(...validateItems(ref.items ?? [], child(path, kind)));
  }
  if (downwardAPI !== undefined) causes.push(...validateDownward(downwardAPI.items ?? [], child(path, 'downwardAPI')));
  if (serviceAccountToken !== undefined)
    causes.push(...validateToken(serviceAccountToken, child(path, 'serviceAccountToken')));
  if (clusterTrustBundle !== undefined)
    causes.push(...validateTrustBundle(clusterTrustBundle, child(path, 'clusterTrustBundle')));
  if (podCertificate !== undefined) causes.push(...validateCertificate(podCertificate, child(path, 'podCertificate')));
  return causes;
}

const leastTokenSeconds = 600;

function validateToken(token: NonNullable<VolumeProjection['serviceAccountToken']>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const seconds = token.expirationSeconds ?? 0;
  const field = child(path, 'expirationSeconds');
  if (seconds < leastTokenSeconds)
    causes.push(invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32)
    causes.push(invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (!token.path) causes.push(required(child(path, 'path')));
  else causes.push(...validateLocalPath(token.path, child(path, 'path')));
  return causes;
}

type TrustBundle = NonNullable<VolumeProjection['clusterTrustBundle']>;
type Certificate = NonNullable<VolumeProjection['podCertificate']>;

/** Rule: KEP-3257. */
function validateTrustBundle({ name, signerName, labelSelector, path: file }: TrustBundle, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const isSet = (text: string | undefined) => text !== undefined && text !== '';
  if (isSet(name) && isSet(signerName)) {
    causes.push(invalidValue(path, 'clusterTrustBundle', 'only one of name and signerName may be used'));
  } else if (isSet(name)) {
    if (labelSelector !== undefined)
      causes.push(
        invalidValue(child(path, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'),
      );
  } else if (!isSet(signerName)) {
    causes.push(required(path, 'either name or signerName must be specified'));
  }
  if (!file) causes.push(required(child(path, 'path')));
  else causes.push(...validateLocalPath(file, child(path, 'path')));
  return causes;
}

/** Rule: KEP-4317. */
function validateCertificate(source: Certificate, path: Path): StatusCause[] {
  const { signerName, keyType, maxExpirationSeconds: seconds } = source;
  const causes: StatusCause[] = [];
  if (!signerName) causes.push(required(child(path, 'signerName')));
  if (!keyTypes.includes(keyType)) causes.push(notSupported(child(path, 'keyType'), keyType, keyTypes));
  if (seconds !== undefined && (seconds < 3600 || seconds > 7_862_400)) {
    const range = seconds < 3600 ? '>= 3600' : '<= 7862400';
    causes.push(
      invalidValue(child(path, 'maxExpirationSeconds'), seconds, `if provided, maxExpirationSeconds must be ${range}`),
    );
  }
  const files = certificatePaths.filter((name) => source[name]);
  if (files.length === 0) causes.push(required(path, `specify at least one of ${certificatePaths.join(', ')}`));
  for (const name of files) causes.push(...validateLocalPath(source[name]!, child(path, name)));
  return causes;
}
const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
const certificatePaths = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const;

/** The files that a source is known to write. */
function filesOf(source: VolumeProjection): readonly string[] {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (clusterTrustBundle?.path) return [clusterTrustBundle.path];
  if (podCertificate) return certificatePaths.flatMap((name) => podCertificate[name] || []);
  const items = [secret, configMap, downwardAPI].flatMap((source) => (source?.items ?? []).map(({ path }) => path));
  return serviceAccountToken?.path ? [...items, serviceAccountToken.path] : items;
}
