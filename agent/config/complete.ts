import { parseDuration } from '#lib/api/json/duration.ts';
import { type Field, type Fields, type FieldType, fields } from './fields.ts';
import { invalidities } from './validate.ts';

export interface Completed {
  /** With all defaults: what /configz shows. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Paths of what was set to something else than its default, and does nothing here. */
  readonly idle: readonly string[];
}

/**
 * A KubeletConfiguration with the defaults that it leaves out.
 * @throws {Error} that names the path of every field that is unknown, of the wrong type, or has a value that cannot be
 */
export function completeConfig(given: Config): Completed {
  const notes = { wrong: [], idle: [] };
  const config = withDependent(complete(fieldsOf(given), fields, '', notes), given);
  refuse(notes.wrong);
  refuse(invalidities(config));
  return { config, idle: notes.idle };
}

/** Whether every field is known and of its type: all that can be said of a part of a configuration. @throws {Error} as above */
export function checkFields(given: Config): void {
  const notes: Notes = { wrong: [], idle: [] };
  complete(fieldsOf(given), fields, '', notes);
  refuse(notes.wrong);
}

function fieldsOf(given: Config): Config {
  const { apiVersion = version, kind = 'KubeletConfiguration', ...rest } = given;
  if (apiVersion === version && kind === 'KubeletConfiguration') return rest;
  throw new Error(`It is a ${kind} of ${apiVersion}, not a KubeletConfiguration of ${version}`);
}
const version = 'kubelet.config.k8s.io/v1beta1';

function refuse(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(wrong.join('; '));
}

/** Defaults that depend on other fields. */
function withDependent(config: Config, given: Config): Config {
  const { maxParallelImagePulls: most, nodeStatusUpdateFrequency: update, evictionHard } = given;
  const isSaid = (value: unknown) => value !== undefined && value !== null && value !== '' && value !== '0s';
  const mayMerge = given['mergeDefaultEvictionSettings'] === true;
  return {
    ...config,
    serializeImagePulls: given['serializeImagePulls'] ?? !(typeof most === 'number' && most > 1),
    ...(isSaid(update) && !isSaid(given['nodeStatusReportFrequency']) ? { nodeStatusReportFrequency: update } : {}),
    evictionHard:
      isMap(evictionHard) && !mayMerge
        ? evictionHard
        : { ...standardEviction, ...(isMap(evictionHard) ? evictionHard : {}) },
  };
}
/** Rule: "Node-pressure Eviction", "Hard eviction thresholds". */
export const standardEviction: Readonly<Record<string, string>> = {
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
};

type Config = Readonly<Record<string, unknown>>;

interface Notes {
  readonly wrong: string[];
  readonly idle: string[];
}

function complete(given: Readonly<Record<string, unknown>>, known: Fields, path: string, notes: Notes) {
  const made: Record<string, unknown> = {};
  for (const name of Object.keys(given))
    if (!Object.hasOwn(known, name)) notes.wrong.push(`unknown field "${path}${name}"`);
  for (const [name, field] of Object.entries(known)) {
    const value = valueFor(given[name], field, `${path}${name}`, notes);
    if (value !== undefined) made[name] = value;
  }
  return made;
}

/** Rule: what is zero, or an empty duration, counts as left out. */
function valueFor(given: unknown, field: Field, path: string, notes: Notes): unknown {
  if (field.type === 'object') {
    if (given === undefined || given === null) return complete({}, field.fields, `${path}.`, notes);
    if (isMap(given)) return complete(given, field.fields, `${path}.`, notes);
    notes.wrong.push(`"${path}" must be an object`);
    return undefined;
  }
  if (given === undefined || given === null) return field.default;
  const isFine = checks[field.type](given);
  if (!isFine) {
    notes.wrong.push(`"${path}" must be ${words[field.type]}`);
    return undefined;
  }
  const isZero = given === '' || given === '0s' || (given === 0 && field.default !== undefined);
  if (isZero && field.isPointer !== true) return field.default ?? given;
  if (!field.hasEffect && !isEmpty(given) && JSON.stringify(given) !== JSON.stringify(field.default)) {
    notes.idle.push(path);
  }
  return given;
}

const checks: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string' || typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isSafeInteger,
  duration: isDuration,
  strings: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  map: isMap,
  list: Array.isArray,
};
const words: Readonly<Record<FieldType, string>> = {
  string: 'a string',
  boolean: 'true or false',
  integer: 'a whole number',
  duration: 'a duration such as 1m30s',
  strings: 'a list of strings',
  map: 'an object',
  list: 'a list',
};

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isDuration(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parseDuration(value === '' ? '0' : value);
    return true;
  } catch {
    return false;
  }
}
