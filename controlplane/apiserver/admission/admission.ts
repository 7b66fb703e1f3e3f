// The chain that every write passes: plugins that change it, then, once it is complete and valid, plugins that judge it.
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { UserInfo } from '../exchange.ts';

export interface Attributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural. */
  readonly resource: string;
  /** '' for the resource itself. */
  readonly subresource: string;
  /** '' for cluster-scoped resources. */
  readonly namespace: string;
  /** '' while it is still to be generated. */
  readonly name: string;
  readonly user: UserInfo;
  /** What is to be stored; of a CONNECT its options. Absent for DELETE. `mutate` changes it in place. */
  readonly object?: ApiObject;
  /** What stands there now. Absent for CREATE and CONNECT. */
  readonly oldObject?: KubeObject;
  readonly isDryRun: boolean;
  /** Adds a warning to the answer. */
  warn(text: string): void;
}

/** Both parts throw a StatusError to refuse. */
export interface Plugin {
  readonly name: string;
  mutate?(attributes: Attributes, signal: AbortSignal): void | Promise<void>;
  validate?(attributes: Attributes, signal: AbortSignal): void | Promise<void>;
}

export interface Admission {
  mutate(attributes: Attributes, signal: AbortSignal): Promise<void>;
  validate(attributes: Attributes, signal: AbortSignal): Promise<void>;
}

/** Runs `plugins` in their order. */
export function createAdmission(plugins: readonly Plugin[]): Admission {
  return {
    async mutate(attributes, signal) {
      for (const plugin of plugins) {
        const waits = plugin.mutate?.(attributes, signal);
        if (waits !== undefined) await waits;
      }
    },
    async validate(attributes, signal) {
      for (const plugin of plugins) {
        const waits = plugin.validate?.(attributes, signal);
        if (waits !== undefined) await waits;
      }
    },
  };
}
