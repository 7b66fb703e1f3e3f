// The signatures that the cluster's public description is to bear. Pure. Rule: upstream's bootstrapsigner controller.
import type { ConfigMap, Secret } from '#lib/api/types/core.v1.ts';
import { kubeconfigKey, signaturePrefix } from '#lib/join/cluster-info.ts';
import { signDetached } from '#lib/join/signature.ts';
import { factsOfSecret, lifeLeftMs } from '#lib/join/token.ts';

/** The description with a signature by each good token and by no other; undefined if that is how it is. */
export function planSignatures(map: ConfigMap, secrets: Iterable<Secret>, nowMs: number): ConfigMap | undefined {
  const text = map.data?.[kubeconfigKey];
  if (text === undefined) return undefined;
  const kept = Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(signaturePrefix));
  const signatures = [...secrets]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap((secret) => factsOfSecret(secret) ?? [])
    .filter((facts) => facts.usages.includes('signing') && lifeLeftMs(facts, nowMs) > 0)
    .map(({ token }) => [signaturePrefix + token.id, signDetached(text, token)] as const);
  const data = Object.fromEntries([...kept, ...signatures]);
  const before = map.data ?? {};
  const isSame =
    Object.keys(before).length === Object.keys(data).length &&
    Object.entries(data).every(([key, value]) => before[key] === value);
  return isSame ? undefined : { ...map, data };
}
