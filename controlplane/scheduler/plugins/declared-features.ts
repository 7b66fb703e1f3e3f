import { featuresToRun, undeclared } from '#lib/api/scheduling/declared-features.ts';
import { type Plugin, skip } from '../plugin.ts';

/** Keeps pods from nodes that have not declared what the pods need. Rule: KEP-5328. */
export const nodeDeclaredFeatures: Plugin = {
  name: 'NodeDeclaredFeatures',
  prepare(pod) {
    const features = featuresToRun(pod);
    return features.length === 0 ? skip : features;
  },
  filter(_pod, { node }, prepared) {
    const missing = undeclared(prepared as readonly string[], node);
    if (missing.length === 0) return undefined;
    const reason = `node declared features check failed - unsatisfied requirements: ${missing.join(', ')}`;
    return { reasons: [reason], isFinal: true };
  },
  helps: (pod, change) => change.what === 'node' && undeclared(featuresToRun(pod), change.now).length === 0,
};
