import { at, child, forbiddenField, invalidValue, type Path, required, tooLong } from '../../field-errors.ts';
import { isMap } from '../../patch/value.ts';
import type { ConfigMap, Secret } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { immutable as isFixed } from '../metadata.ts';
import { wrongDataKey } from '../pod/validate-env.ts';

const mostBytes = 1024 * 1024;
type Values = Readonly<Record<string, string>>;

export const configMap: KindParts<ConfigMap> = {
  validate: validateConfigMap,
  validateUpdate(next, previous) {
    const causes = validateConfigMap(next);
    return [...causes, ...fixedContent(next, previous, ['data', 'binaryData'])];
  },
  columns: columns(['Name', 'Data', '@Age']),
  row({ metadata, data, binaryData }, nowMs) {
    return [
      metadata.name,
      Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
      ageOf(metadata, nowMs),
    ];
  },
};

function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): StatusCause[] {
  const causes = [...validateKeys(data, 'data'), ...validateKeys(binaryData, 'binaryData')];
  for (const key of Object.keys(data)) {
    if (!Object.hasOwn(binaryData, key)) continue;
    causes.push(invalidValue(at('data', key), key, `duplicate of key present in binaryData`));
  }
  const bytes = sizeOf(data, Buffer.byteLength) + sizeOf(binaryData, decodedLength);
  return bytes > mostBytes ? [...causes, tooLong('[]', mostBytes)] : causes;
}

export const secret: KindParts<Secret> = {
  defaults(object) {
    object.type ||= 'Opaque';
  },
  create: mergeStringData,
  update(next, previous) {
    // A type that is left out stays.
    next.type ||= previous.type;
    mergeStringData(next);
  },
  validate: validateSecret,
  validateUpdate(next, previous) {
    const causes = validateSecret(next);
    if (next.type !== previous.type) causes.push(invalidValue('type', next.type, isFixed));
    return [...causes, ...fixedContent(next, previous, ['data'])];
  },
  fields: ({ type }) => ({ type: type ?? '' }),
  columns: columns(['Name', 'Type', 'Data', '@Age']),
  row: ({ metadata, type, data }, nowMs) => [
    metadata.name,
    type ?? '',
    Object.keys(data ?? {}).length,
    ageOf(metadata, nowMs),
  ],
};

/** Text given for convenience becomes data like any other. */
function mergeStringData(object: {
  stringData?: Record<string, string> | undefined;
  data?: Record<string, string> | undefined;
}): void {
  if (object.stringData === undefined) return;
  const encoded = Object.entries(object.stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  object.data = { ...object.data, ...Object.fromEntries(encoded) };
  delete object.stringData;
}

function validateSecret({ data = {}, type, metadata }: Secret): StatusCause[] {
  const causes = validateKeys(data, 'data');
  if (sizeOf(data, decodedLength) > mostBytes) causes.push(tooLong('data', mostBytes));
  const has = (key: string) => Object.hasOwn(data, key);
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const field = at('metadata.annotations', 'kubernetes.io/service-account.name');
      if (!metadata.annotations?.['kubernetes.io/service-account.name']) causes.push(required(field));
      break;
    }
    case 'kubernetes.io/dockercfg':
      causes.push(...validateJson(data, '.dockercfg'));
      break;
    case 'kubernetes.io/dockerconfigjson':
      causes.push(...validateJson(data, '.dockerconfigjson'));
      break;
    case 'kubernetes.io/basic-auth':
      if (!has('username') && !has('password')) {
        causes.push(required(at('data', 'username')), required(at('data', 'password')));
      }
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) causes.push(required(at('data', 'ssh-privatekey')));
      break;
    case 'kubernetes.io/tls':
      for (const key of ['tls.crt', 'tls.key']) if (!has(key)) causes.push(required(at('data', key)));
      break;
    default:
      break;
  }
  return causes;
}

function validateJson(data: Values, key: string): StatusCause[] {
  const field = at('data', key);
  if (!Object.hasOwn(data, key)) return [required(field)];
  const why = wrongLogin(Buffer.from(data[key] ?? '', 'base64').toString());
  return why === undefined ? [] : [invalidValue(field, '<secret contents redacted>', why)];
}

/** As Go says it of what is no map. */
function wrongLogin(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || isMap(value)) return undefined;
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
  } catch {
    return 'invalid character in JSON';
  }
}

function validateKeys(values: Values, path: Path): StatusCause[] {
  return Object.keys(values).flatMap((key) =>
    wrongDataKey(key).map((message) => invalidValue(at(path, key), key, message)),
  );
}

interface Content extends Readonly<Record<string, unknown>> {
  readonly immutable?: boolean | undefined;
}

function fixedContent<T extends object>(next: T, previous: T, fields: readonly (keyof T & string)[]): StatusCause[] {
  const [now, old] = [next as Content, previous as Content];
  if (!old.immutable) return [];
  const causes: StatusCause[] = [];
  if (!now.immutable) causes.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of fields) {
    if (!isSame(now[field], old[field]))
      causes.push(forbiddenField(child(field), 'field is immutable when `immutable` is set'));
  }
  return causes;
}

function sizeOf(values: Values, measure: (value: string) => number): number {
  return Object.values(values).reduce((sum, value) => sum + measure(value), 0);
}

function decodedLength(base64: string): number {
  return Buffer.byteLength(base64 ?? '', 'base64'); // a key without a value holds nothing
}
