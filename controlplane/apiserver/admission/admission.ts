// The chain that every write passes: plugins that change it, then, once it is complete and valid, plugins that judge it.
import type { Shape } from '#lib/api/apply/shape.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { UserInfo } from '../exchange.ts';

/** A version or group under which the same object is served too. */
export interface Equivalent {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural. */
  readonly resource: string;
  /** How its fields merge. */
  readonly shape?: Shape;
  /** The object as it looks there. */
  to(object: KubeObject): KubeObject | Promise<KubeObject>;
  /** The object as it looks here. */
  from(object: KubeObject): ApiObject | Promise<ApiObject>;
}

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
  /** What the request brought along: CreateOptions and the like. Absent for CONNECT. */
  options?(): object;
  /** What another form of `object` amounts to: decoded as its type is, with defaults. Absent where there is no object. */
  revise?(raw: unknown): ApiObject | Promise<ApiObject>;
  readonly equivalents?: readonly Equivalent[];
  /** How the fields of `object` merge. */
  readonly shape?: Shape;
  /** The object has passed already, but somebody outside changed it then. */
  readonly isReinvocation?: boolean;
  /** Adds a warning to the answer. */
  warn(text: string): void;
}

/** Both parts throw a StatusError to refuse. */
export interface Plugin {
  readonly name: string;
  /** Returns 'again' if those before it should have another look at what became of the object. That happens once. */
  mutate?(attributes: Attributes, signal: AbortSignal): void | Promise<void> | Promise<'again' | undefined>;
  validate?(attributes: Attributes, signal: AbortSignal): void | Promise<void>;
}

export interface Admission {
  mutate(attributes: Attributes, signal: AbortSignal): Promise<void>;
  validate(attributes: Attributes, signal: AbortSignal): Promise<void>;
}

/** Runs `plugins` in their order. */
export function createAdmission(plugins: readonly Plugin[]): Admission {
  async function pass(attributes: Attributes, signal: AbortSignal): Promise<boolean> {
    let isAgain = false;
    for (const plugin of plugins) {
      const waits = plugin.mutate?.(attributes, signal);
      if (waits !== undefined && (await waits) === 'again') isAgain = true;
    }
    return isAgain;
  }

  return {
    async mutate(attributes, signal) {
      if (await pass(attributes, signal)) await pass({ ...attributes, isReinvocation: true }, signal);
    },
    async validate(attributes, signal) {
      for (const plugin of plugins) {
        const waits = plugin.validate?.(attributes, signal);
        if (waits !== undefined) await waits;
      }
    },
  };
}
