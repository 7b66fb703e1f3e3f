import { setFlagsFromString } from 'node:v8';

/**
 * Patterns come from whoever may define resources, and the texts from whoever may create them: no pair of them may hold
 * the server up. An expression that backtracks too often goes on in the engine's linear mode, as Go's always do.
 */
export function setLinearPatterns(): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
}
