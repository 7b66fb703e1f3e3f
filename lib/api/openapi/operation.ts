import type { Parameter } from './parameters.ts';

export interface PathOperations {
  readonly path: string;
  /** Of all operations of the path. */
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch' | 'options' | 'head';
  /** x-kubernetes-action; absent: about no kind. */
  readonly action?: string;
  readonly operationId: string;
  readonly description: string;
  readonly tag: string;
  readonly kind?: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly type: string; readonly isPatch?: boolean; readonly isRequired?: boolean };
  /** Type of the answer, or text. */
  readonly answer: string | { readonly text: true };
  /** Codes of success. */
  readonly codes: readonly (200 | 201 | 202)[];
  /** What a patch may be written as, if not as all that there is. */
  readonly patchTypes?: readonly string[];
  /** If not what objects are. */
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
  /** Whether the answer may be a stream of events. */
  readonly isWatchable?: boolean;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The parts of operation ids: `read` + `CoreV1` + `NamespacedPod` + `Status`. */
export interface Naming {
  /** `CoreV1` */
  readonly api: string;
  /** `NamespacedPod` */
  readonly name: string;
  /** `core_v1` */
  readonly tag: string;
}
