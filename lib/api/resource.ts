import type { ListMeta, ObjectMeta } from './types/meta.v1.ts';

/** Names one resource of the API and the type of its objects. The built-in ones are in resources.ts. */
export interface Resource<T> {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower case, as in paths. */
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** Only carries T: never set. */
  readonly '~type'?: T;
}

/** What every object of the API has. */
export interface KubeObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

export interface List<T> {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

/** An object to be created: the server adds the rest. */
export type Draft<T> = Omit<T, 'metadata' | 'status' | 'spec'> & {
  readonly metadata: Partial<ObjectMeta>;
} & { readonly [K in keyof T & ('spec' | 'status')]?: T[K] | undefined };

/** 'v1' or 'apps/v1'. */
export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** 'namespace/name', or 'name' where there is no namespace. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

/** The way back from `keyOf`. */
export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash === -1 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
