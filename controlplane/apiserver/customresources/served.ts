import { deduced, type Shape, type Structural, shapeOf, shapeOfStructural } from '#lib/api/apply/shape.ts';
import { typeNamed } from '#lib/api/schema.ts';
import { parseJsonPath, type Step } from '#lib/api/structural/json-path.ts';
import type { Compile } from '#lib/api/structural/rules.ts';
import type { ResourceCache } from '../registry/cache/resource-cache.ts';
import type { ScalePaths, Served } from '../registry/served.ts';
import { type Convert, createConversion } from './conversion.ts';
import { compareVersions, type Definition, factsOf, storageVersionOf, type Version } from './resource.ts';
import { rulesOfVersion } from './rules.ts';
import { schemaOf, typeOfVersion } from './type.ts';

/** What the registry serves of a definition: its versions, the preferred one first. */
export function servedOf(
  definition: Definition,
  cache: ResourceCache,
  convert: Convert | undefined,
  compile?: Compile,
): readonly Served[] {
  const storage = storageVersionOf(definition);
  if (storage === undefined) return [];
  const type = typeOfVersion(definition, storage);
  const all: readonly Served[] = definition.spec.versions
    .filter(({ served }) => served)
    .toSorted((a, b) => compareVersions(a.name, b.name))
    .map((version): Served => {
      const facts = factsOf(definition, version);
      const { group, kind, plural } = facts;
      const warning = warningOf(version, `${group}/${version.name} ${kind}`);
      const scalePaths = scalePathsOf(version);
      const conversion = createConversion({
        definition,
        version,
        storage,
        type,
        ...(convert === undefined ? {} : { convert }),
      });
      return {
        facts,
        group,
        version: version.name,
        kind,
        plural,
        apiVersion: `${group}/${version.name}`,
        isNamespaced: facts.scope === 'Namespaced',
        named: { group, resource: plural },
        type: typeOfVersion(definition, version),
        shape: shapeOfVersion(version),
        rules: rulesOfVersion(definition, version, compile),
        cache,
        conversion,
        siblings: () => all,
        ...(scalePaths === undefined ? {} : { scalePaths }),
        ...(warning === undefined ? {} : { warning }),
      };
    });
  return all;
}

/** As the schema says; metadata as everybody's. */
function shapeOfVersion(version: Version): Shape {
  const own = shapeOfStructural(schemaOf(version) as Structural);
  const metadata = shapeOf(typeNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));
  return {
    is: 'map',
    fieldOf: (name) => (name === 'metadata' ? metadata : own.is === 'map' ? own.fieldOf(name) : deduced),
    isThere: (name) => name === 'metadata',
  };
}

function warningOf({ deprecated, deprecationWarning }: Version, what: string): string | undefined {
  return deprecated === true ? (deprecationWarning ?? `${what} is deprecated`) : undefined;
}

function scalePathsOf({ subresources }: Version): ScalePaths | undefined {
  const scale = subresources?.scale;
  if (scale === undefined) return undefined;
  const path = (text: string): readonly Step[] => parseJsonPath(text) ?? [];
  return {
    specReplicas: path(scale.specReplicasPath),
    statusReplicas: path(scale.statusReplicasPath),
    ...(scale.labelSelectorPath ? { labelSelector: path(scale.labelSelectorPath) } : {}),
  };
}
