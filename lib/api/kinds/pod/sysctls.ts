// Settings of the kernel that a pod may have as its own. Pure. Rule: core validation validateSysctls.
import { at, child, duplicate, invalidValue, type Path, required } from '../../field-errors.ts';
import type { PodSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const form = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const longest = 253;
const formText = `must have at most ${longest} characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;

export function validateSysctls(spec: PodSpec, path: Path, mayBeOfHost = false): StatusCause[] {
  const taken = new Set<string>();
  return (spec.securityContext?.sysctls ?? []).flatMap(({ name }, index) => {
    const field = child(at(path, index), 'name');
    const causes: StatusCause[] = [];
    if (!name) causes.push(required(field));
    else if (name.length > longest || !form.test(name)) causes.push(invalidValue(field, name, formText));
    else if (taken.has(name)) causes.push(duplicate(field, name));
    taken.add(name);
    const host = mayBeOfHost ? undefined : hostNamespaceOf(name ?? '', spec);
    if (host === undefined) return causes;
    return [...causes, invalidValue(field, name, `may not be specified when '${host}' is true`)];
  });
}

/** Settings of a namespace that is the host's are the host's. */
export function hostNamespaceOf(name: string, spec: PodSpec): 'hostNetwork' | 'hostIPC' | undefined {
  const host = namespaceOf(name);
  return host !== undefined && spec[host] ? host : undefined;
}

/** Rule: component-helpers sysctl GetNamespace. */
function namespaceOf(name: string): 'hostNetwork' | 'hostIPC' | undefined {
  const dotted = withDots(name);
  if (dotted.startsWith('net.')) return 'hostNetwork';
  if (dotted === 'kernel.sem') return 'hostIPC';
  return ['kernel.shm', 'kernel.msg', 'fs.mqueue.'].some((start) => dotted.startsWith(start)) ? 'hostIPC' : undefined;
}

/** Slashes may part a name; dots within its parts are dots of an interface's name then. */
function withDots(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== '/') return name;
  return name.replaceAll(/[./]/g, (one) => (one === '/' ? '.' : '/'));
}
