import type { WaitingReason } from './container-state.ts';

/** Why a container could not be started: shown in its status until it could. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly reason: WaitingReason;
  /** When it is worth another try. */
  readonly againMs: number;

  constructor(reason: WaitingReason, message: string, againMs: number, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.againMs = againMs;
  }
}
