import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { BaseFacts } from './iptables/base.ts';
import type { Losses } from './own-losses.ts';
import type { PortPlan } from './plan.ts';

/** How rules get into the kernel. Wishes are taken in without waiting; `apply` then brings the kernel to them. */
export interface Backend {
  /** What the node wants, whatever Services there are. */
  setBase(facts: BaseFacts): void;
  /** What one Service wants; no plans: nothing any more. */
  put(key: string, plans: readonly PortPlan[]): void;
  /** Changes what differs and returns how much that was: if nothing does, no program is run. */
  apply(signal: AbortSignal): Promise<number>;
  /** Whether rules that should be there have gone: somebody else flushed them. */
  isDamaged(look: Look, signal: AbortSignal): Promise<boolean>;
  /** Takes nothing for granted at the next `apply`. */
  forget(): void;
}

/** `short`: cheap enough for each second, however many Services there are; sees that a table was flushed. */
export type Look = 'short' | 'whole';

export interface BackendOptions {
  readonly family: Family;
  readonly clusterCidr: string | undefined;
  /** See `RuleFacts.ownAddresses`. */
  readonly ownAddresses: ReadonlySet<string>;
  /** This node's addresses at which node ports are served, where a mode has to name them. */
  readonly nodePortIps: readonly string[];
  readonly exec: Exec;
  readonly log: Log;
  /** Told what the kernel is about to lose by us. */
  readonly expectLosses?: ((losses: Losses) => void) | undefined;
}

export type ProxyMode = 'iptables' | 'ipvs' | 'nftables';
