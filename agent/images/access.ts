// Who may use an image that is on the node already: who could have pulled it. Pure. Rule: KEP-2535, "Ensure secret pulled images".
import { splitImageName } from './name.ts';

export interface ImageAccessRule {
  readonly policy: 'NeverVerify' | 'NeverVerifyPreloadedImages' | 'NeverVerifyAllowlistedImages' | 'AlwaysVerify';
  /** Images that anybody may use unless they were pulled here: names without tag, or with `/*` at their end. */
  readonly allowed: readonly string[];
}
export const standardAccess: ImageAccessRule = { policy: 'NeverVerifyPreloadedImages', allowed: [] };

/** A secret that an image was pulled with: its coordinates, and what it said then. */
export interface UsedSecret {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly credentialHash: string;
}

export interface PullCredentials {
  readonly kubernetesSecrets?: readonly UsedSecret[];
  /** Pulled without any: all pods may use it. */
  readonly nodePodsAccessible?: boolean;
}

/** How an image came here, by the names under which it was pulled. */
export interface PulledRecord {
  readonly imageRef: string;
  readonly credentialMapping: Readonly<Record<string, PullCredentials>>;
}

export interface AccessFacts {
  readonly image: string;
  /** Its names on the node, with tags and digests. */
  readonly names: readonly string[];
  /** `undefined`: nothing was pulled here. */
  readonly record: PulledRecord | undefined;
  /** Whether a pull of it was begun here and never seen to end. */
  readonly wasBegun: boolean;
  /** What the pod could pull it with. */
  readonly own: readonly UsedSecret[];
}

/**
 * Whether a pod may use it without asking its registry. One that was pulled here under another name, and is here under this
 * one, too, was brought under this one by somebody else: upstream pulls it again; here it stays what it was before.
 */
export function mayUse({ image, names, record, wasBegun, own }: AccessFacts, rule: ImageAccessRule): boolean {
  const name = plainName(image);
  const known = record?.credentialMapping[name];
  const isBroughtAlone = known === undefined && names.some((one) => plainName(one) === name);
  const isPulledHere = wasBegun || (record !== undefined && !isBroughtAlone);
  if (!mustVerify(name, isPulledHere, rule)) return true;
  const { nodePodsAccessible = false, kubernetesSecrets = [] } = known ?? {};
  return nodePodsAccessible || own.some((mine) => kubernetesSecrets.some((used) => isSame(mine, used)));
}

/** Notes that it was pulled with `secret`, or without any. */
export function withPull(
  before: PulledRecord | undefined,
  imageRef: string,
  image: string,
  secret: UsedSecret | undefined,
): PulledRecord {
  const name = plainName(image);
  const { nodePodsAccessible = false, kubernetesSecrets = [] } = before?.credentialMapping[name] ?? {};
  const others = kubernetesSecrets.filter((used) => secret === undefined || !isAt(used, secret));
  const now: PullCredentials =
    secret === undefined || nodePodsAccessible
      ? { nodePodsAccessible: true }
      : { kubernetesSecrets: [...others.slice(1 - mostSecrets), secret] };
  return { imageRef, credentialMapping: { ...before?.credentialMapping, [name]: now } };
}
const mostSecrets = 100;

/** Without tag and digest. */
export function plainName(image: string): string {
  const { registry, path } = splitImageName(image);
  return `${registry}/${path}`;
}

function mustVerify(name: string, isPulledHere: boolean, { policy, allowed }: ImageAccessRule): boolean {
  switch (policy) {
    case 'NeverVerify':
      return false;
    case 'NeverVerifyPreloadedImages':
      return isPulledHere;
    case 'NeverVerifyAllowlistedImages':
      return isPulledHere || !allowed.some((one) => isAllowedBy(one, name));
    default:
      return true;
  }
}

function isAllowedBy(pattern: string, name: string): boolean {
  return pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : plainName(pattern) === name;
}

/** The same secret, whatever it says now; or another one that says the same. */
function isSame(a: UsedSecret, b: UsedSecret): boolean {
  return isAt(a, b) || a.credentialHash === b.credentialHash;
}

function isAt(a: UsedSecret, b: UsedSecret): boolean {
  return a.uid === b.uid && a.namespace === b.namespace && a.name === b.name;
}
