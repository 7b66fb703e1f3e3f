// The volumes of a pod. Pure. Rule: core validation ValidateVolumes.
import { at, child, duplicate, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type { Volume } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { PodLeniency } from './leniency.ts';
import { validateVolumeSource } from './validate-volume-source.ts';

export interface CheckedVolumes {
  readonly causes: StatusCause[];
  /** Those that containers may use: who names another one names none. */
  readonly valid: ReadonlyMap<string, Volume>;
}

/** `podName`: of the pod that exists or is about to; none in a template. */
export function validateVolumes(
  volumes: readonly Volume[],
  path: Path,
  leniency: PodLeniency,
  podName?: string,
): CheckedVolumes {
  const causes: StatusCause[] = [];
  const valid = new Map<string, Volume>();
  const made = new Set(
    podName ? volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${podName}-${name}`) : [],
  );
  for (const [index, volume] of volumes.entries()) {
    const field = at(path, index);
    const name = child(field, 'name');
    const own = validateVolumeSource(volume, field, leniency);
    if (podName && volume.ephemeral && volume.name) own.push(...validateMadeName(podName, volume.name, name));
    if (!volume.name) own.push(required(name));
    else own.push(...wrongDns1123Label(volume.name).map((message) => invalidValue(name, volume.name, message)));
    if (valid.has(volume.name)) own.push(duplicate(name, volume.name));
    if (own.length === 0) valid.set(volume.name, volume);
    causes.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim === undefined || !made.has(claim)) continue;
    const why = 'must not reference a PVC that gets created for an ephemeral volume';
    causes.push(invalidValue(child(field, 'persistentVolumeClaim', 'claimName'), claim, why));
  }
  return { causes, valid };
}

/** A claim is made for the volume, and named after pod and volume. */
function validateMadeName(podName: string, name: string, path: Path): StatusCause[] {
  const claim = `${podName}-${name}`;
  return wrongDns1123Subdomain(claim).map((message) =>
    invalidValue(path, name, `PVC name ${JSON.stringify(claim)}: ${message}`),
  );
}
