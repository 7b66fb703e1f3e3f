import type { KubeObject } from '../resource.ts';

/** T as its owner may write it: only for objects that nobody else holds, such as one just decoded from a request. */
export type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

/** An object of any kind, about to be stored. */
export type ApiObject = Mutable<KubeObject> & { [field: string]: unknown };
