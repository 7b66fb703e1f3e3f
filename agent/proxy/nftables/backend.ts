import type { Backend, BackendOptions } from '../backend.ts';
import { ObjectSet } from '../object-set.ts';
import { createObjectApplier } from './apply.ts';
import { planBaseObjects } from './base.ts';
import { planObjects } from './plan.ts';

export function createNftablesBackend(options: BackendOptions): Backend {
  const objects = new ObjectSet();
  const applier = createObjectApplier(options);
  return {
    setBase: (facts) => objects.put('', planBaseObjects(facts)),
    put: (key, plans) => objects.put(key, plans.length === 0 ? undefined : planObjects(plans, options)),
    apply: (signal) => applier.apply(objects, signal),
    isDamaged: (_look, signal) => applier.isDamaged(signal),
    forget: () => applier.forget(),
  };
}
