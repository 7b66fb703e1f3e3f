import { at, child, type Path } from '../../field-errors.ts';
import type { PersistentVolume, Volume } from '../../types/core.v1.ts';
import { claimSpecWarnings, fractionWarnings } from './amounts.ts';
import { termWarnings } from './node-labels.ts';

/** Plugins that nobody serves any more. */
const gone: readonly (readonly [string, string])[] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

export function volumeWarnings(volumes: readonly Volume[], path: Path): string[] {
  const old = volumes.flatMap((volume, index) => {
    const field = at(path, index);
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
    return [
      ...goneIn(volume, field),
      ...claimSpecWarnings(claim, child(field, 'ephemeral', 'volumeClaimTemplate', 'spec')),
    ];
  });
  return [...old, ...tokenWarnings(volumes, path)];
}

function goneIn(holder: object, path: Path): string[] {
  return gone.filter(([name]) => Object.hasOwn(holder, name)).map(([name, why]) => `${child(path, name)}: ${why}`);
}

/** A token and something else under one path: one of them is lost. */
function tokenWarnings(volumes: readonly Volume[], path: Path): string[] {
  const sourcesOf = ({ projected }: Volume) => projected?.sources ?? [];
  const tokens = new Set(
    volumes.flatMap(sourcesOf).flatMap(({ serviceAccountToken: token }) => (token === undefined ? [] : [token.path])),
  );
  return volumes.flatMap((volume, index) =>
    sourcesOf(volume).flatMap(({ configMap, secret, downwardAPI, clusterTrustBundle }) => {
      const field = child(at(path, index), 'projected', 'sources');
      const said = (where: Path, taken: string) =>
        tokens.has(taken) ? [`${where}: has duplicated path with ServiceAccountToken "${taken}"`] : [];
      const items = (name: string, list: readonly { readonly path: string }[] | undefined) =>
        (list ?? []).flatMap((item, position) => said(at(child(field, name), position), item.path));
      return [
        ...items('configMap', configMap?.items),
        ...items('secrets', secret?.items),
        ...items('downwardAPI', downwardAPI?.items),
        ...(clusterTrustBundle === undefined ? [] : said(child(field, 'ClusterTrustBundle'), clusterTrustBundle.path)),
      ];
    }),
  );
}

/** Rule: pkg/api/persistentvolume GetWarningsForPersistentVolume. */
export function persistentVolumeWarnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const warnings = classAnnotationWarnings(metadata);
  const options = 'volume.beta.kubernetes.io/mount-options';
  if (metadata.annotations?.[options] !== undefined) {
    const why = 'deprecated since v1.31; use "mountOptions" attribute instead';
    warnings.push(`${at('metadata.annotations', options)}: ${why}`);
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const why =
      'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
    warnings.push(`spec.persistentVolumeReclaimPolicy: ${why}`);
  }
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...warnings,
    ...terms.flatMap((term, index) =>
      termWarnings(term, false, at('spec.nodeAffinity.required.nodeSelectorTerms', index)),
    ),
    ...goneIn(spec, 'spec'),
    ...fractionWarnings(spec.capacity, ['storage'], 'spec.capacity'),
  ];
}

export function classAnnotationWarnings(metadata: {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}): string[] {
  const key = 'volume.beta.kubernetes.io/storage-class';
  if (metadata.annotations?.[key] === undefined) return [];
  return [`${at('metadata.annotations', key)}: deprecated since v1.8; use "storageClassName" attribute instead`];
}
