import type { Backend, BackendOptions } from '../backend.ts';
import { createApplier } from './apply.ts';
import { planBase, planJumps } from './base.ts';
import { planRules } from './plan.ts';
import { Ruleset } from './ruleset.ts';

export function createIptablesBackend(options: BackendOptions): Backend {
  const ruleset = new Ruleset();
  const applier = createApplier({ ...options, jumps: planJumps(options.family) });
  return {
    setBase: (facts) => ruleset.setBase(planBase(facts)),
    put: (key, plans) => ruleset.put(key, plans.length === 0 ? undefined : planRules(plans, options)),
    apply: (signal) => applier.apply(ruleset, signal),
    isDamaged: (_look, signal) => applier.isDamaged(signal),
    forget: () => applier.forget(),
  };
}
