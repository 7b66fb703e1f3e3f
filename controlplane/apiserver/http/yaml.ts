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

/** What upstream says of keys that stand twice in a map; nothing of what is no YAML. Bounded: not more than 32 of them. */
export async function repeatedKeysIn(text: string): Promise<readonly string[]> {
  const { CORE_SCHEMA, load, YAMLException } = await import('js-yaml');
  const found: string[] = [];
  for (let rest = text; found.length < 32; ) {
    try {
      load(rest, { schema: CORE_SCHEMA });
      return found;
    } catch (error) {
      if (!(error instanceof YAMLException) || error.reason !== 'duplicated mapping key') return found;
      const { line = 0, position = 0 } = error.mark ?? {};
      const key = /^["']?([^"':]+)/.exec(rest.slice(position))?.[1] ?? '';
      found.push(`line ${line + 1}: key ${JSON.stringify(key.trim())} already set in map`);
      // It is told of the first alone: under another name this one is none any more.
      rest = `${rest.slice(0, position)}repeated-${found.length}-${rest.slice(position)}`;
    }
  }
  return found;
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
