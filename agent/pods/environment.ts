import type { ConfigMap, Container, EnvVar, FileKeySelector, Secret, Service } from '#lib/api/types/core.v1.ts';
import { type DownwardFacts, fieldValue, resourceValue } from './downward.ts';
import { readEnvFile } from './env-file.ts';
import { expand } from './expand.ts';
import { serviceEnvironment } from './service-environment.ts';

export interface EnvironmentFacts extends DownwardFacts {
  readonly container: Container;
  /** Every Service known: those that count are chosen here. */
  readonly services: Iterable<Service>;
  /** By name, in the pod's namespace: what `environmentNeeds` names. Who is not there does not exist. */
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Texts of env files, by `fileKey`. Who is not there does not exist. */
  readonly files: ReadonlyMap<string, string>;
}

export function fileKey({ volumeName, path }: Pick<FileKeySelector, 'volumeName' | 'path'>): string {
  return `${volumeName}/${path}`;
}

export type Environment =
  | { readonly env: readonly { readonly name: string; readonly value: string }[] }
  /** Message of the waiting reason CreateContainerConfigError. */
  | { readonly error: string };

/** Names of the ConfigMaps and Secrets, and the files in volumes, that must be looked up before `container`'s environment can be planned. */
export function environmentNeeds(container: Pick<Container, 'env' | 'envFrom'>): {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
  readonly files: readonly FileKeySelector[];
} {
  const { env = [], envFrom = [] } = container;
  const configMaps = [
    ...envFrom.map((source) => source.configMapRef?.name),
    ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
  ];
  const secrets = [
    ...envFrom.map((source) => source.secretRef?.name),
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
  ];
  const files = env.flatMap(({ valueFrom }) => valueFrom?.fileKeyRef ?? []);
  return { configMaps: names(configMaps), secrets: names(secrets), files };
}

/**
 * The variables a container starts with, each name once: envFrom (a later source wins), then env in its order (which wins over
 * envFrom), then service variables under names that are still free.
 *
 * Rule: kubelet's environment of a container; "Define environment variables", "Expose pod information".
 */
export function planEnvironment(facts: EnvironmentFacts): Environment {
  const { pod, container, services } = facts;
  const fromServices = serviceEnvironment(
    services,
    pod.metadata.namespace ?? 'default',
    pod.spec.enableServiceLinks ?? true,
  );
  const found = new Map<string, string>();
  try {
    addEnvFrom(found, facts);
    for (const variable of container.env ?? []) {
      const value = resolve(variable, facts, (name) => found.get(name) ?? fromServices.get(name));
      if (value !== undefined) found.set(variable.name, value);
    }
  } catch (error) {
    if (error instanceof RangeError) return { error: error.message };
    throw error;
  }
  for (const [name, value] of fromServices) if (!found.has(name)) found.set(name, value);
  return { env: [...found].map(([name, value]) => ({ name, value })) };
}

function addEnvFrom(found: Map<string, string>, facts: EnvironmentFacts): void {
  for (const { prefix = '', configMapRef, secretRef } of facts.container.envFrom ?? []) {
    const data = configMapRef
      ? lookUp('configmap', facts.configMaps, configMapRef)?.data
      : secretRef && decoded(lookUp('secret', facts.secrets, secretRef));
    // Any printable name is one since 1.30: nothing is skipped, hence no InvalidEnvironmentVariableNames event.
    for (const key of Object.keys(data ?? {}).sort()) found.set(prefix + key, data![key]!);
  }
}

/** `undefined` where an optional reference leads nowhere: then the variable is not set at all. */
function resolve(
  { value, valueFrom }: EnvVar,
  facts: EnvironmentFacts,
  lookup: (name: string) => string | undefined,
): string | undefined {
  if (value) return expand(value, lookup);
  if (valueFrom?.fieldRef) return fieldValue(valueFrom.fieldRef.fieldPath, facts);
  if (valueFrom?.resourceFieldRef) return resourceValue(valueFrom.resourceFieldRef, facts.container, facts);
  if (valueFrom?.configMapKeyRef) {
    const { configMapKeyRef } = valueFrom;
    return keyIn('ConfigMap', lookUp('configmap', facts.configMaps, configMapKeyRef)?.data, configMapKeyRef, facts);
  }
  if (valueFrom?.secretKeyRef) {
    const { secretKeyRef } = valueFrom;
    return keyIn('Secret', decoded(lookUp('secret', facts.secrets, secretKeyRef)), secretKeyRef, facts);
  }
  return valueFrom?.fileKeyRef ? inFile(valueFrom.fileKeyRef, facts) : '';
}

function inFile(reference: FileKeySelector, { files }: EnvironmentFacts): string | undefined {
  const text = files.get(fileKey(reference));
  const value = text === undefined ? undefined : readEnvFile(text, reference.key);
  if (value === undefined && !reference.optional) {
    throw new RangeError(`environment variable key "${reference.key}" not found in file`);
  }
  return value;
}

interface Reference {
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
}

function lookUp<T>(
  resource: string,
  objects: ReadonlyMap<string, T>,
  { name = '', optional }: Reference,
): T | undefined {
  const object = objects.get(name);
  if (object === undefined && !optional) throw new RangeError(`${resource} "${name}" not found`);
  return object;
}

function keyIn(
  kind: string,
  data: Readonly<Record<string, string>> | undefined,
  { name = '', key, optional }: Reference & { readonly key: string },
  { pod }: EnvironmentFacts,
): string | undefined {
  if (data !== undefined && Object.hasOwn(data, key)) return data[key];
  if (optional) return undefined;
  throw new RangeError(`couldn't find key ${key} in ${kind} ${pod.metadata.namespace ?? 'default'}/${name}`);
}

function decoded(secret: Secret | undefined): Readonly<Record<string, string>> | undefined {
  if (secret === undefined) return undefined;
  const entries = Object.entries(secret.data ?? {}).map(([key, value]) => [key, textOf(value)] as const);
  return Object.fromEntries(entries);
}

function textOf(base64: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(base64));
}

function names(list: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(list.filter((name) => name !== undefined && name !== ''))] as readonly string[];
}
