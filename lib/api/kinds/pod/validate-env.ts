import { at, child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import { readQuantity } from '../../quantity.ts';
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

export function validateEnv(
  {
    env,
    envFrom,
  }: { readonly env?: readonly EnvVar[] | undefined; readonly envFrom?: readonly EnvFromSource[] | undefined },
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, one] of (env ?? []).entries()) {
    const field = at(child(path, 'env'), index);
    causes.push(...validateEnvName(one.name, child(field, 'name')));
    if (one.valueFrom !== undefined) causes.push(...validateValueFrom(one, one.valueFrom, child(field, 'valueFrom')));
  }
  for (const [index, one] of (envFrom ?? []).entries()) {
    causes.push(...validateEnvFrom(one, at(child(path, 'envFrom'), index)));
  }
  return causes;
}

/** Any printable character but `=`. Rule: relaxed environment variable validation. */
function validateEnvName(name: string, path: Path): StatusCause[] {
  if (!name) return [required(path)];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(name)) return [];
  const message =
    "a valid environment variable name must consist only of printable ASCII characters other than '=' (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[ -<>-~]+')";
  return [invalidValue(path, name, message)];
}

function validateEnvFrom({ prefix, configMapRef, secretRef }: EnvFromSource, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (prefix) causes.push(...validateEnvName(prefix, child(path, 'prefix')));
  for (const [field, ref] of [
    ['configMapRef', configMapRef],
    ['secretRef', secretRef],
  ] as const) {
    if (ref === undefined) continue;
    const name = child(path, field, 'name');
    if (!ref.name) causes.push(required(name));
    else causes.push(...wrongDns1123Subdomain(ref.name).map((message) => invalidValue(name, ref.name, message)));
  }
  const count = [configMapRef, secretRef].filter((ref) => ref !== undefined).length;
  if (count === 0) causes.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
  if (count > 1) causes.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  return causes;
}

function validateValueFrom({ value }: EnvVar, source: EnvVarSource, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef !== undefined) causes.push(...validateFieldRef(fieldRef, envFields, child(path, 'fieldRef')));
  if (resourceFieldRef !== undefined)
    causes.push(...validateResourceRef(resourceFieldRef, child(path, 'resourceFieldRef'), true));
  for (const [field, ref] of [
    ['configMapKeyRef', configMapKeyRef],
    ['secretKeyRef', secretKeyRef],
  ] as const) {
    if (ref === undefined) continue;
    if (!ref.name) causes.push(required(child(path, field, 'name')));
    if (!ref.key) causes.push(required(child(path, field, 'key')));
    else
      causes.push(...wrongDataKey(ref.key).map((message) => invalidValue(child(path, field, 'key'), ref.key, message)));
  }
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(
    (ref) => ref !== undefined,
  ).length;
  if (count === 0) {
    causes.push(
      invalidValue(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  }
  if (value && count > 0) causes.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  if (count > 1) causes.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  return causes;
}

/** Fields that a variable may show. */
export const envFields = new Set([
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

/** Fields that a file may show: whole maps too, but nothing that only the node knows. */
export const volumeFields = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]);

export function validateFieldRef(ref: ObjectFieldSelector, known: ReadonlySet<string>, path: Path): StatusCause[] {
  if (!ref.apiVersion) return [required(child(path, 'apiVersion'))];
  if (!ref.fieldPath) return [required(child(path, 'fieldPath'))];
  const field = child(path, 'fieldPath');
  const [, map, key] = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/.exec(ref.fieldPath) ?? [];
  if (map !== undefined && key !== undefined) {
    const name = map === 'metadata.annotations' ? key.toLowerCase() : key;
    return wrongQualifiedName(name).map((message) => invalidValue(field, key, message));
  }
  if (known.has(ref.fieldPath)) return [];
  if (envFields.has(ref.fieldPath) || volumeFields.has(ref.fieldPath))
    return [notSupported(field, ref.fieldPath, known)];
  return [
    invalidValue(field, ref.fieldPath, `error converting fieldPath: field label not supported: ${ref.fieldPath}`),
  ];
}

export function validateResourceRef(ref: ResourceFieldSelector, path: Path, isEnv: boolean): StatusCause[] {
  const { resource, containerName, divisor } = ref;
  if (!isEnv && !containerName) return [required(child(path, 'containerName'))];
  if (!resource) return [required(child(path, 'resource'))];
  if (!resources.test(resource)) return [notSupported(child(path, 'resource'), resource, resourceNames)];
  if (!divisor || readQuantity(divisor)?.nanos === 0n) return [];
  const allowed = resource.endsWith('cpu') ? cpuDivisors : byteDivisors;
  if (allowed.includes(divisor)) return [];
  const what = resource.endsWith('cpu') ? 'cpu' : 'memory';
  const text =
    what === 'cpu'
      ? "only divisor's values 1m and 1 are supported with the cpu resource"
      : `only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ${resource.split('.')[1]} resource`;
  return [invalidValue(child(path, 'divisor'), divisor, text)];
}
const resources = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;
const resourceNames = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const cpuDivisors = ['1m', '1'];
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** Rule: apimachinery IsConfigMapKey. */
export function wrongDataKey(key: string): readonly string[] {
  const wrong: string[] = [];
  if (Buffer.byteLength(key) > 253) wrong.push('must be no more than 253 bytes');
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    wrong.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.') wrong.push("must not be '.'");
  if (key === '..') wrong.push("must not be '..'");
  else if (key.startsWith('..')) wrong.push("must not start with '..'");
  return wrong;
}
