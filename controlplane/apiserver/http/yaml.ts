import { badRequest } from '#lib/api/status.ts';

/**
 * YAML as JSON text. The library is loaded at the first need.
 * @throws {StatusError} BadRequest if it is no YAML
 */
export async function yamlToJson(text: string): Promise<string> {
  const { CORE_SCHEMA, load } = await import('js-yaml');
  try {
    // The core schema: dates stay text. Aliases may share, not multiply, nodes: JSON of them is bounded by the check below.
    const value = load(text, { schema: CORE_SCHEMA });
    return bounded(JSON.stringify(value ?? null));
  } catch (error) {
    throw badRequest(`yaml: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
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
