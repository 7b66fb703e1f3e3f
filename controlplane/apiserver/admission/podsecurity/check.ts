// What checks have in common. Pure. Rule: k8s.io/pod-security-admission policy, helpers and visitor.
import type { Container, PodSecurityContext, PodSpec, SecurityContext } from '#lib/api/types/core.v1.ts';
import type { Level } from './policy.ts';

/** A pod, or what would become one. */
export interface PodLike {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export interface Check {
  readonly id: string;
  readonly level: Exclude<Level, 'privileged'>;
  /** From which minor version on it looks how; ascending. */
  readonly versions: readonly VersionedCheck[];
}

export interface VersionedCheck {
  readonly since: number;
  /** Baseline checks that say nothing where this one is asked. */
  readonly overrides?: readonly string[];
  check(pod: PodLike): Violation | undefined;
}

export type AnyContainer = Pick<Container, 'name' | 'securityContext' | 'ports' | 'lifecycle'> &
  Partial<Pick<Container, 'livenessProbe' | 'readinessProbe' | 'startupProbe'>>;

/** In the order in which upstream names them. */
export function containersOf({ initContainers, containers, ephemeralContainers }: PodSpec): readonly AnyContainer[] {
  return [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])];
}

/** Names of the containers for which `isBad` holds. */
export function badContainers(spec: PodSpec, isBad: (container: AnyContainer) => boolean): readonly string[] {
  return containersOf(spec).flatMap((container) => (isBad(container) ? [container.name] : []));
}

export function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

export function quoted(texts: Iterable<string>): string {
  return [...texts].map((text) => JSON.stringify(text)).join(', ');
}

/** `container "a"`, `containers "a", "b"`. */
export function named(names: readonly string[]): string {
  return `${plural(names.length, 'container', 'containers')} ${quoted(names)}`;
}

export function sorted(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort();
}

/** `pod and containers "a", "b"`; undefined: nobody. */
export function setters(isPod: boolean, containers: readonly string[]): string | undefined {
  const parts = [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])];
  return parts.length === 0 ? undefined : parts.join(' and ');
}

type Either = PodSecurityContext & SecurityContext;

/** A field that the pod and its containers may set, where `isBad` holds for it. */
export function settersOf<K extends keyof PodSecurityContext & keyof SecurityContext>(
  spec: PodSpec,
  field: K,
  isBad: (value: NonNullable<Either[K]>) => boolean,
): string | undefined {
  const holds = (context: PodSecurityContext | SecurityContext | undefined): boolean => {
    const value = (context as Either | undefined)?.[field];
    return value !== undefined && value !== null && isBad(value as NonNullable<Either[K]>);
  };
  return setters(
    holds(spec.securityContext),
    badContainers(spec, ({ securityContext }) => holds(securityContext)),
  );
}

export function isWindows({ os }: PodSpec): boolean {
  return os?.name === 'windows';
}

/** What users are inside is nobody outside. */
export function hasOwnUsers({ hostUsers }: PodSpec): boolean {
  return hostUsers === false;
}
