import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { ClusterTrustBundle } from '#lib/api/types/certificates.v1.ts';
import type { ClusterTrustBundleProjection } from '#lib/api/types/core.v1.ts';

/**
 * The certificates that `wish` selects, each once, as PEM without anything between; '' if there are none and that is allowed.
 *
 * Rule: KEP-3257, "ClusterTrustBundle projected volume": by name, or by signer and labels (no selector: none; an empty one: all).
 * @throws {RangeError} in upstream's words, if there is none and `wish` is not optional
 */
export function trustAnchors(bundles: Iterable<ClusterTrustBundle>, wish: ClusterTrustBundleProjection): string {
  const all = [...bundles].filter((bundle) => isWanted(bundle, wish));
  if (all.length === 0 && !wish.optional) {
    throw new RangeError(
      wish.name === undefined
        ? 'combination of signerName and labelSelector matched zero ClusterTrustBundles'
        : `clustertrustbundles.certificates.k8s.io "${wish.name}" not found`,
    );
  }
  const blocks = all.flatMap(({ spec }) => spec.trustBundle.match(certificate) ?? []);
  const plain = blocks.map((block) =>
    block.replaceAll(/[ \t\r]/g, '').replace(/(BEGIN|END)CERTIFICATE/g, '$1 CERTIFICATE'),
  );
  return [...new Set(plain)]
    .sort()
    .map((block) => `${block}\n`)
    .join(''); // in no order that anybody could rely on
}
const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function isWanted({ metadata, spec }: ClusterTrustBundle, wish: ClusterTrustBundleProjection): boolean {
  if (wish.name !== undefined) return metadata.name === wish.name;
  return spec.signerName === wish.signerName && isSelectedBy(wish.labelSelector, metadata.labels);
}
