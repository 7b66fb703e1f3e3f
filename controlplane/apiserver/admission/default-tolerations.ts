import type { Mutable } from '#lib/api/kinds/object.ts';
import type { Pod, Toleration } from '#lib/api/types/core.v1.ts';
import type { Plugin } from './admission.ts';
import { isNewPod } from './refuse.ts';

/** A pod stays 5 minutes on a node that is lost, unless it says otherwise. Rule: DefaultTolerationSeconds. */
export const defaultTolerations: Plugin = {
  name: 'DefaultTolerationSeconds',
  mutate(attributes) {
    if (!isNewPod(attributes)) return;
    const { spec } = attributes.object as unknown as Mutable<Pod>;
    if (spec === undefined) return;
    const missing = taints.filter((key) => !spec.tolerations?.some((toleration) => tolerates(toleration, key)));
    if (missing.length === 0) return;
    const added = missing.map((key) => ({
      key,
      operator: 'Exists' as const,
      effect: 'NoExecute' as const,
      tolerationSeconds: 300,
    }));
    spec.tolerations = [...(spec.tolerations ?? []), ...added];
  },
};
const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (!key || key === taint) && (!effect || effect === 'NoExecute');
}
