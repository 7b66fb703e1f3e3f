// Names of resources: which are Kubernetes' own, and what follows from that. Pure.
// Rule: core validation validateResourceName and its kin; core helper.
import { invalidValue, notSupported, type Path } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import { readQuantity, wrongQuantityForm } from '../../quantity.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const computed: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];
const counted: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const standard: ReadonlySet<string> = new Set([
  ...computed,
  ...computed.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  ...counted,
  'storage',
  'requests.storage',
]);

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Without a prefix, or with one of Kubernetes itself. */
export function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** What nodes offer that Kubernetes knows nothing of. */
export function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith('requests.')) return false;
  return wrongQualifiedName(`requests.${name}`).length === 0;
}

/** Extended resources and huge pages are handed out whole, to one container each. */
export function mayOvercommit(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

/** Whether it comes in pieces. */
export function isWhole(name: string): boolean {
  return counted.has(name) || isExtended(name);
}

/** Of anything that resources are listed for. */
export function validateResourceName(name: string, path: Path): StatusCause[] {
  const wrong = wrongQualifiedName(name).map((message) => invalidValue(path, name, message));
  if (wrong.length > 0 || name.includes('/') || standard.has(name)) return wrong;
  if (isHugePages(name) || name.startsWith('requests.hugepages-')) return [];
  return [invalidValue(path, name, 'must be a standard resource type or fully qualified')];
}

export function validateContainerResourceName(name: string, path: Path): StatusCause[] {
  const causes = validateResourceName(name, path);
  if (!name.includes('/')) {
    if (computed.includes(name) || isHugePages(name)) return causes;
    return [...causes, invalidValue(path, name, 'must be a standard resource for containers')];
  }
  if (isNative(name) || isExtended(name)) return causes;
  return [...causes, invalidValue(path, name, "doesn't follow extended resource name standard")];
}

/** Of a pod as a whole: only what a control group of it can hold. */
export function validatePodResourceName(name: string, path: Path): StatusCause[] {
  const causes = validateResourceName(name, path);
  if (causes.length > 0 || name === 'cpu' || name === 'memory' || isHugePages(name)) return causes;
  return [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])];
}

/** An amount of anything: not negative, and whole where the resource comes in pieces. */
export function validateAmount(name: string, amount: string, path: Path): StatusCause[] {
  const quantity = readQuantity(amount);
  if (quantity === undefined) return [invalidValue(path, amount, wrongQuantityForm)];
  const causes: StatusCause[] = [];
  if (quantity.nanos < 0n) causes.push(invalidValue(path, amount, 'must be greater than or equal to 0'));
  if (isWhole(name) && quantity.nanos % oneInNanos !== 0n)
    causes.push(invalidValue(path, amount, 'must be an integer'));
  return causes;
}
const oneInNanos = 1_000_000_000n;

/** Huge pages are asked for by the page. */
export function validatePages(name: string, amount: string, path: Path): StatusCause[] {
  if (!isHugePages(name)) return [];
  const [page, all] = [readQuantity(name.slice('hugepages-'.length)), readQuantity(amount)];
  if (page !== undefined && all !== undefined && page.nanos > 0n && page.nanos % oneInNanos === 0n) {
    if (all.nanos % page.nanos === 0n) return [];
  }
  return [invalidValue(path, amount, `${amount} is not positive integer multiple of ${name}`)];
}
