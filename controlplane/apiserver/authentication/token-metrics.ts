import type { Metrics } from '#lib/metrics.ts';

/** What is counted of service account tokens that are believed. */
export interface TokenCounts {
  /** One that should be renewed after a while, by whether that time is over. */
  renewable(isStale: boolean): void;
  /** One that lives as long as its Secret, by whether the account names that: then a controller made it once. */
  legacy(isOfAccount: boolean): void;
}

/** Rule: pkg/serviceaccount/metrics. */
export function createTokenMetrics(metrics: Metrics): TokenCounts {
  const counter = (name: string, help: string) => {
    const count = metrics.counter(`serviceaccount_${name}_total`, help, []).of([]);
    count(0); // seen from the start
    return count;
  };
  const valid = counter('valid_tokens', 'Uses of tokens that are not yet to be renewed.');
  const stale = counter('stale_tokens', 'Uses of tokens that should have been renewed.');
  const legacy = counter('legacy_tokens', 'Uses of tokens that live as long as their Secrets.');
  const manual = counter('legacy_manual_token_uses', 'Of these, by Secrets that people made.');
  const auto = counter('legacy_auto_token_uses', 'Of these, by Secrets that a controller made.');
  return {
    renewable: (isStale) => (isStale ? stale : valid)(),
    legacy(isOfAccount) {
      legacy();
      (isOfAccount ? auto : manual)();
    },
  };
}
