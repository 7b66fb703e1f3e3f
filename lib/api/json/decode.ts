import type { TypeSchema } from '#lib/api/schema.ts';
import { badRequest } from '#lib/api/status.ts';
import { conform } from './conform.ts';
import { JsonError } from './json-error.ts';
import { checkDepth, parseJson } from './parse.ts';

export interface Decoded {
  readonly object: Record<string, unknown>;
  /** Paths such as `spec.containers[0].foo`, in the order of the text. They are not in `object`. Always empty without a type. */
  readonly unknownFields: readonly string[];
  /** Paths of keys that came twice in one object; the last one counted. */
  readonly duplicateFields: readonly string[];
  /** What is said of such keys in the YAML that the JSON was made of. */
  readonly repeatedKeys?: readonly string[];
}

/**
 * An object from JSON as a client sent it, as `type` has it: values of the right types and in canonical form (times,
 * quantities, base64), unknown fields dropped, `null` as absent. Without a type: any JSON object, as it is.
 *
 * Integers that a number cannot hold are bigints. Keys are case-sensitive; `__proto__` is a key like any other.
 * Rule: sigs.k8s.io/json, and encoding/json of Go.
 * @throws {StatusError} BadRequest if it is no JSON, no object, or a value has the wrong type
 */
export function decodeObject(source: Uint8Array | string, type: TypeSchema | undefined): Decoded {
  const { value, duplicateFields } = parseBody(source, type);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw badRequest(
      handled(type, `json: cannot unmarshal ${kindOfJson(value)} into Go value of type ${nameOf(type)}`),
    );
  }
  if (type === undefined) return { object: value as Record<string, unknown>, unknownFields: [], duplicateFields };
  const conformed = checked(type, () => conform(value as Record<string, unknown>, type));
  return { ...conformed, duplicateFields };
}

/**
 * The same for a value that is parsed already: the outcome of a patch, or of YAML. `value` itself is not changed; what is
 * right as it is, is shared with it.
 * @throws {StatusError} BadRequest if a value has the wrong type
 */
export function conformObject(
  value: Readonly<Record<string, unknown>>,
  type: TypeSchema,
): Omit<Decoded, 'duplicateFields'> {
  checked(type, () => checkDepth(value));
  return checked(type, () => conform(value, type));
}

function checked<T>(type: TypeSchema, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof JsonError) throw badRequest(handled(type, error.message));
    throw error;
  }
}

/** What `fieldValidation=Strict` complains of and `Warn` warns of, in upstream's words. */
export function strictProblems({ unknownFields, duplicateFields, repeatedKeys = [] }: Decoded): readonly string[] {
  return [
    ...repeatedKeys,
    ...unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`),
    ...duplicateFields.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
}

/** @throws {StatusError} BadRequest if `decoded` has any unknown or duplicate field. For `fieldValidation=Strict` */
export function refuseStrictProblems(decoded: Decoded, type: TypeSchema): void {
  const { repeatedKeys = [] } = decoded;
  const ofYaml = repeatedKeys.length === 0 ? [] : [['yaml: unmarshal errors:', ...repeatedKeys].join('\n  ')];
  const problems = [...ofYaml, ...strictProblems({ ...decoded, repeatedKeys: [] })];
  if (problems.length > 0) throw badRequest(handled(type, `strict decoding error: ${problems.join(', ')}`));
}

function parseBody(source: Uint8Array | string, type: TypeSchema | undefined): ReturnType<typeof parseJson> {
  try {
    return parseJson(typeof source === 'string' ? source : utf8.decode(source));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const why = `couldn't get version/kind; json parse error: ${error.message}`;
    throw badRequest(
      type === undefined
        ? why
        : `the object provided is unrecognized (must be of type ${nameOf(type)}): ${why} (${summaryOf(source)})`,
    );
  }
}

/** The first of what was sent, as text if it may be JSON. Rule: apiserver endpoints/handlers, summarizeData. */
function summaryOf(source: Uint8Array | string): string {
  const bytes =
    typeof source === 'string' ? Buffer.from(source) : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (bytes.length === 0) return '<empty>';
  const start = bytes.subarray(0, 30);
  return `${start.toString(bytes[0] === 0x7b ? 'utf8' : 'hex')}${bytes.length > 30 ? ' ...' : ''}`;
}

// Invalid bytes become U+FFFD, as in Go; a byte order mark is not skipped.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function handled(type: TypeSchema | undefined, why: string): string {
  const [gvk] = type?.facts.gvk ?? [];
  return gvk === undefined ? why : `${gvk[2]} in version "${gvk[1]}" cannot be handled as a ${gvk[2]}: ${why}`;
}

function nameOf(type: TypeSchema | undefined): string {
  return type === undefined ? 'map[string]interface {}' : (type.facts.gvk?.[0]?.[2] ?? type.name);
}

function kindOfJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value;
}
