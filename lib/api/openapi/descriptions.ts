// What fields are for, in our own words: shown by `kubectl explain`. A place to fill: what is not here has no description.

/** By definition name, without `io.k8s.`: what the type is, and what its fields are for. */
const descriptions: Readonly<Record<string, { readonly '': string } & Readonly<Record<string, string>>>> = {};

export function describeType(name: string): string | undefined {
  return descriptions[name.replace(prefix, '')]?.[''];
}

export function describeField(typeName: string, field: string): string | undefined {
  const type = descriptions[typeName.replace(prefix, '')];
  return (type !== undefined && Object.hasOwn(type, field) ? type[field] : undefined) ?? common[field];
}

const prefix = /^io\.k8s\.(?:api\.|apimachinery\.pkg\.(?:apis\.)?)?/;

/** Fields that mean the same wherever they are. */
const common: Readonly<Record<string, string>> = {
  apiVersion: 'Group and version of the API that this object is written in.',
  kind: 'What kind of object this is, in CamelCase. It cannot change.',
};
