import type { GroupFacts, ResourceFacts, TypeFacts } from '#lib/api/facts.ts';

export interface Facts {
  readonly types: Readonly<Record<string, TypeFacts>>;
  readonly resources: readonly ResourceFacts[];
  readonly groups: readonly GroupFacts[];
}

/** What GA versions need: their resources, the kinds that go through their subresources, and every type within reach. */
export function keepServed({ types, resources, groups }: Facts): Facts {
  const kept = resources.filter((r) => r.stability === 'GA' && (r.served.length > 0 || r.subresourceOnly === true));
  const versions = new Set(kept.map((r) => `${r.group}/${r.version}`));
  const names = new Set<string>();
  const visit = (name: string): void => {
    if (names.has(name)) return;
    const type = types[name];
    if (type === undefined) throw new Error(`Cannot keep type ${name}: it is not in the facts`);
    names.add(name);
    for (const field of type.fields ?? []) {
      for (const used of [field.type, field.map]) {
        const match = /ref:([^>]+)/.exec(used ?? '');
        if (match?.[1] !== undefined) visit(match[1]);
      }
    }
    for (const ref of JSON.stringify(type.openapi ?? {}).matchAll(/"ref:([^"]+)"/g)) visit(ref[1]!);
  };
  for (const [name, type] of Object.entries(types)) {
    const isServed = type.gvk?.some(([group, version]) => versions.has(`${group}/${version}`));
    if (isServed || alwaysKept.test(name)) visit(name);
  }
  return {
    types: Object.fromEntries(Object.entries(types).filter(([name]) => names.has(name))),
    resources: kept,
    groups: groups
      .map((g) => ({ ...g, versions: g.versions.filter((v) => versions.has(`${g.group}/${v.version}`)) }))
      .filter((g) => g.versions.length > 0),
  };
}

/** Meta types, and the kinds of requests and answers that are no resource. */
const alwaysKept =
  /^io\.k8s\.(apimachinery\.|api\.(admission\.v1|imagepolicy\.v1|apidiscovery\.v2)\.|apiextensions-apiserver\.pkg\.apis\.apiextensions\.v1\.)/;
