import { invalid } from '#lib/api/status.ts';
import { isEqual } from '#lib/api/structural/equal.ts';
import { placeOf } from '#lib/api/structural/places.ts';
import { hasRules } from '#lib/api/structural/rules.ts';
import { validateDefinition } from '#lib/api/structural/validate-definition.ts';
import { validateRules } from '#lib/api/structural/validate-rules.ts';
import type { LoadCel } from '../cel/load-cel.ts';
import type { Hooks } from '../registry/served.ts';
import type { Definition, Version } from './resource.ts';
import { schemaOf } from './type.ts';

/** Compiles a definition's rules before it is stored: one that cannot be judged by is refused. */
export function createRuleHooks(loadCel: LoadCel): Hooks {
  async function begin(next: object, previous: object | undefined) {
    const { spec, metadata } = next as unknown as Definition;
    const versions: readonly Version[] = Array.isArray(spec?.versions) ? spec.versions : [];
    if (!versions.some((version) => hasRules(schemaOf(version)))) return nothing;
    // Rules are read by their schema: what is wrong with it is said first, by those who validate the definition.
    // (The status is not yet filled in.)
    const wrong = validateDefinition(next as unknown as Definition, previous as Definition | undefined);
    if (wrong.some(({ field }) => !field?.startsWith('status.'))) return nothing;
    const compile = await loadCel();
    const causes = versions.flatMap((version, index) => {
      const place = placeOf(versions, index, 'schema');
      if (place === undefined) return [];
      const field = `${place}.openAPIV3Schema`;
      return validateRules(schemaOf(version), field, compile, isUnchanged(version, previous));
    });
    if (causes.length === 0) return nothing;
    throw invalid({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' }, metadata.name, causes);
  }

  return { begin };
}

/** What was taken once is taken again, though it may cost more than it may by now. */
function isUnchanged(version: Version, previous: unknown): boolean {
  const before = (previous as Definition | undefined)?.spec.versions.find(({ name }) => name === version.name);
  return before !== undefined && isEqual(before.schema, version.schema);
}

const nothing = { end() {} };
