import { badRequest } from '#lib/api/status.ts';

/**
 * YAML as JSON text; the last of several equal keys counts. The library is loaded at the first need.
 * @throws {StatusError} BadRequest if it is no YAML
 */
export async function yamlToJson(text: string): Promise<string> {
  const { CORE_SCHEMA, load } = await import('js-yaml');
  try {
    // The core schema: dates stay text. Aliases may share, not multiply, nodes: JSON of them is bounded by the check below.
    const value = load(text, { schema: CORE_SCHEMA, json: true });
    return bounded(JSON.stringify(value ?? null));
  } catch (error) {
    throw badRequest(`yaml: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
}

/** What upstream says of the first key that stands twice in a map; nothing if there is none, or if it is no YAML. */
export async function duplicateKeyIn(text: string): Promise<string | undefined> {
  const { CORE_SCHEMA, load, YAMLException } = await import('js-yaml');
  try {
    load(text, { schema: CORE_SCHEMA });
    return undefined;
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== 'duplicated mapping key') return undefined;
    const line = error.mark?.line ?? 0;
    const key = /^[\s-]*["']?([^"':]+)/.exec(text.split('\n')[line] ?? '')?.[1] ?? '';
    return `line ${line + 1}: key ${JSON.stringify(key.trim())} already set in map`;
  }
}

function bounded(text: string): string {
  if (text.length > mostLength) throw new RangeError('document contains excessive aliasing');
  return text;
}
const mostLength = 32 * 1024 * 1024;

export async function jsonToYaml(text: string): Promise<string> {
  const { dump } = await import('js-yaml');
  return dump(JSON.parse(text), { lineWidth: -1, noRefs: true, sortKeys: true });
}
