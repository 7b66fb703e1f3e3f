import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, VolumeProjection } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { PodLeniency } from './leniency.ts';
import { validateFieldRef, validateResourceRef, volumeFields } from './validate-env.ts';
import { validateFilePath, validateItems, validateLocalPath, validateMode } from './validate-paths.ts';

export function validateDownward(files: readonly DownwardAPIVolumeFile[], path: Path): StatusCause[] {
  return files.flatMap((file) => validateDownwardFile(file, path)); // which of the files, upstream does not say
}

function validateDownwardFile(
  { path: file, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile,
  path: Path,
): StatusCause[] {
  const causes = validateFilePath(file, child(path, 'path'));
  if (fieldRef !== undefined) {
    causes.push(...validateFieldRef(fieldRef, volumeFields, child(path, 'fieldRef')));
    if (resourceFieldRef !== undefined) {
      const why = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      causes.push(invalidValue(path, 'resource', why));
    }
  } else if (resourceFieldRef !== undefined) {
    causes.push(...validateResourceRef(resourceFieldRef, child(path, 'resourceFieldRef'), false));
  } else {
    causes.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...causes, ...validateMode(mode, child(path, 'mode'))];
}

export function validateProjected(
  { defaultMode, sources }: ProjectedVolumeSource,
  path: Path,
  leniency: PodLeniency,
): StatusCause[] {
  const causes = validateMode(defaultMode, child(path, 'defaultMode'));
  const files = new Set<string>();
  for (const [index, source] of (sources ?? []).entries()) {
    causes.push(...validateProjection(source, path, at(child(path, 'sources'), index), leniency));
    for (const [file, shown] of filesOf(source)) {
      if (files.has(file)) causes.push(invalidValue(path, shown, 'conflicting duplicate paths'));
      files.add(file);
    }
  }
  return causes;
}

/** `whole`: of the volume. */
function validateProjection(
  source: VolumeProjection,
  whole: Path,
  path: Path,
  { anyTokenPath }: PodLeniency,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  for (const [kind, ref] of [
    ['secret', secret],
    ['configMap', configMap],
  ] as const) {
    if (ref === undefined) continue;
    if (!ref.name) causes.push(required(child(path, kind, 'name')));
    causes.push(...validateItems(ref.items ?? [], child(path, kind)));
  }
  if (downwardAPI !== undefined) causes.push(...validateDownward(downwardAPI.items ?? [], child(path, 'downwardAPI')));
  if (serviceAccountToken !== undefined) {
    causes.push(...validateToken(serviceAccountToken, child(path, 'serviceAccountToken')));
    const { path: file } = serviceAccountToken;
    if (!file || !anyTokenPath) causes.push(...validateFilePath(file, child(whole, 'path')));
  }
  if (clusterTrustBundle !== undefined)
    causes.push(...validateTrustBundle(clusterTrustBundle, child(path, 'clusterTrustBundle')));
  if (podCertificate !== undefined) causes.push(...validateCertificate(podCertificate, child(path, 'podCertificate')));
  const given = Object.values(source).filter((value) => value !== undefined && value !== null);
  if (given.length < 2) return causes;
  return [...causes, forbiddenField(path, 'may not specify more than 1 volume type per source')];
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
  return [...causes, ...validateFilePath(file, child(path, 'path'))];
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

/** The files that a source is known to write, and by what a clash is shown. */
function filesOf(source: VolumeProjection): readonly (readonly [file: string, shown: string])[] {
  const { secret, configMap, downwardAPI, clusterTrustBundle, podCertificate } = source;
  return [
    ...[secret, configMap].flatMap((one) => (one?.items ?? []).map(({ path }) => [path, one?.name ?? ''] as const)),
    ...(downwardAPI?.items ?? []).map(({ path }) => [path, path] as const),
    ...(clusterTrustBundle ? [[clusterTrustBundle.path, clusterTrustBundle.path] as const] : []),
    ...certificatePaths.map((name) => [podCertificate?.[name] ?? '', podCertificate?.[name] ?? ''] as const),
  ].filter(([file]) => file);
}
