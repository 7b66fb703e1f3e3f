import { at, child, invalidValue, notFoundValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain, wrongQualifiedName } from '../../names.ts';
import { readQuantity } from '../../quantity.ts';
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  PodSpec,
  ResourceFieldSelector,
} from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { containersAt } from '../warnings/containers.ts';
import { validateNoBackstep } from './validate-paths.ts';

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
    causes.push(...validateEnvFrom(one, child(path, 'envFrom'), index));
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

function validateEnvFrom({ prefix, configMapRef, secretRef }: EnvFromSource, list: Path, index: number): StatusCause[] {
  const causes: StatusCause[] = [];
  const path = at(list, index);
  if (prefix) causes.push(...validateEnvName(prefix, child(path, 'prefix')));
  const given = { configMapRef, secretRef };
  for (const [field, ref] of Object.entries(given)) {
    if (ref === undefined) continue;
    const name = child(path, field, 'name');
    if (!ref.name) causes.push(required(name));
    // A name may end as if more of it were to come.
    const wrong = ref.name ? wrongDns1123Subdomain(ref.name.replace(/(?<=.)-$/, 'a')) : [];
    causes.push(...wrong.map((message) => invalidValue(name, ref.name, message)));
  }
  const count = Object.values(given).filter((ref) => ref !== undefined).length;
  // Of these upstream names the list, not the item.
  if (count === 0) causes.push(invalidValue(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
  if (count > 1) causes.push(invalidValue(list, '', 'may not have more than one field specified at a time'));
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
    const { name = '', key } = ref;
    const where = child(path, field);
    causes.push(...wrongDns1123Subdomain(name).map((message) => invalidValue(child(where, 'name'), name, message)));
    if (!key) causes.push(required(child(where, 'key')));
    else causes.push(...wrongDataKey(key).map((message) => invalidValue(child(where, 'key'), key, message)));
  }
  if (fileKeyRef !== undefined) causes.push(...validateFileRef(fileKeyRef, child(path, 'fileKeyRef')));
  const given = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef];
  const count = given.filter((ref) => ref !== undefined).length;
  const why = wrongCount(count, value);
  return why === undefined ? causes : [...causes, invalidValue(path, '', why)];
}

function wrongCount(count: number, value: string | undefined): string | undefined {
  if (count === 0) {
    return 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
  }
  if (value) return 'may not be specified when `value` is not empty';
  return count > 1 ? 'may not have more than one field specified at a time' : undefined;
}

function validateFileRef({ key, volumeName, path: file }: FileKeySelector, path: Path): StatusCause[] {
  const causes = validateEnvName(key, child(path, 'key'));
  const field = child(path, 'volumeName');
  if (!volumeName) causes.push(required(field));
  else causes.push(...wrongDns1123Label(volumeName).map((message) => invalidValue(field, volumeName, message)));
  return [...causes, ...(file ? validateNoBackstep(file, child(path, 'path')) : [required(child(path, 'path'))])];
}

/** Files of variables are read from folders that containers share, and from no other volumes. */
export function validateEnvFiles(spec: PodSpec, path: Path): StatusCause[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return containersAt(spec, path).flatMap(([{ env }, field]) =>
    (env ?? []).flatMap(({ valueFrom }, index) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (valueFrom?.fileKeyRef === undefined) return [];
      const where = child(at(child(field, 'env'), index), 'valueFrom', 'fileKeyRef', 'volumeName');
      const volume = volumes.get(name ?? '');
      if (volume === undefined) return [notFoundValue(where, name ?? '')];
      return volume.emptyDir ? [] : [invalidValue(where, name, 'referenced volume must be of type emptyDir')];
    }),
  );
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

/** What else pods have that can be named, though it is shown nowhere. */
const otherFields = new Set(['spec.restartPolicy', 'spec.schedulerName', 'status.phase']);

export function validateFieldRef(ref: ObjectFieldSelector, known: ReadonlySet<string>, path: Path): StatusCause[] {
  const { apiVersion, fieldPath } = ref;
  const field = child(path, 'fieldPath');
  if (!apiVersion) return [required(child(path, 'apiVersion'))];
  if (!fieldPath) return [required(field)];
  const refuse = (why: string) => [invalidValue(field, fieldPath, `error converting fieldPath: ${why}`)];
  if (apiVersion !== 'v1') return refuse(`unsupported pod version: ${apiVersion}`);
  const [, holder, subscript] = /^([^[]+)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  if (holder !== undefined && subscript !== undefined) {
    if (holder !== 'metadata.annotations' && holder !== 'metadata.labels') {
      return refuse(`field label does not support subscript: ${fieldPath}`);
    }
    const key = holder === 'metadata.annotations' ? subscript.toLowerCase() : subscript;
    return wrongQualifiedName(key).map((message) => invalidValue(path, key, message));
  }
  const name = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath; // what it was called once
  if (known.has(name)) return [];
  if (![envFields, volumeFields, otherFields].some((fields) => fields.has(name))) {
    return refuse(`field label not supported: ${fieldPath}`);
  }
  return [notSupported(field, name, known)];
}

export function validateResourceRef(ref: ResourceFieldSelector, path: Path, isEnv: boolean): StatusCause[] {
  const { resource, containerName, divisor } = ref;
  const causes: StatusCause[] = [];
  if (!isEnv && !containerName) causes.push(required(child(path, 'containerName')));
  else if (!resource) causes.push(required(child(path, 'resource')));
  else if (!resourceNames.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    causes.push(notSupported(child(path, 'resource'), resource, resourceNames));
  }
  return [...causes, ...validateDivisor(resource ?? '', divisor, child(path, 'divisor'))];
}

function validateDivisor(resource: string, divisor: string | undefined, path: Path): StatusCause[] {
  const [, name = ''] = /^(?:limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-)/.exec(resource) ?? [];
  if (!divisor || name === '' || readQuantity(divisor)?.nanos === 0n) return [];
  const allowed = name === 'cpu' ? cpuDivisors : byteDivisors;
  if (allowed.includes(divisor)) return [];
  const values = name === 'cpu' ? '1m and 1' : byteDivisors.join(', ');
  const why = `only divisor's values ${values} are supported with the ${shownNames.get(name) ?? name} resource`;
  return [invalidValue(path, resource, why)];
}
const shownNames: ReadonlyMap<string, string> = new Map([
  ['ephemeral-storage', 'local ephemeral storage'],
  ['hugepages-', 'hugepages'],
]);
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
