// Whom a pod may push aside. Pure. Rule: Pod Priority and Preemption; DefaultPreemption of kube-scheduler.
import { matchesLabels, selectorOf } from '#lib/api/selectors/labels.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import type { Plugin, Refusal, World } from './plugin.ts';
import { checksOf, firstRefusal, refusalWithNominated } from './schedule.ts';

export interface Preemption {
  readonly node: string;
  readonly victims: readonly Pod[];
}

export interface PreemptOptions {
  readonly budgets?: readonly PodDisruptionBudget[];
  /** Where the search begins. */
  readonly start?: number;
  /** So many nodes to choose from are enough: a share of all, and at least a number. */
  readonly minCandidateNodesPercentage?: number;
  readonly minCandidateNodesAbsolute?: number;
}

/** Why `pod` may not preempt others now; undefined if it may. */
export function preemptionRefusal(pod: Pod, world: World, refusals: ReadonlyMap<string, Refusal>): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const node = pod.status.nominatedNodeName;
  if (!node || refusals.get(node)?.isFinal) return undefined;
  const isLeaving = ({ metadata, spec, status }: Pod) =>
    metadata.deletionTimestamp !== undefined &&
    (spec.priority ?? 0) < (pod.spec.priority ?? 0) &&
    status.conditions?.some(({ type, reason }) => type === 'DisruptionTarget' && reason === 'PreemptionByScheduler');
  return world.node(node)?.pods.some(isLeaving)
    ? 'not eligible due to a terminating pod on the nominated node.'
    : undefined;
}

/** What the pod's condition says of it that nobody is preempted. */
export function noPreemption(pod: Pod, world: World, refusals: ReadonlyMap<string, Refusal>): string {
  const count = world.nodes.length;
  if (count === 0) return '';
  const refusal = preemptionRefusal(pod, world, refusals);
  if (refusal !== undefined) return `preemption: ${refusal}`;
  const unlooked = count - refusals.size; // nodes that were not even asked cannot help either
  const final = unlooked + [...refusals.values()].filter(({ isFinal }) => isFinal).length;
  const parts = [
    ...(count - final > 0 ? [`${count - final} No preemption victims found for incoming pod`] : []),
    ...(final > 0 ? [`${final} Preemption is not helpful for scheduling`] : []),
  ];
  return `preemption: 0/${count} nodes are available: ${parts.join(', ')}.`;
}

interface Candidate extends Preemption {
  /** How many budgets are overdrawn by it. */
  readonly violations: number;
}

/**
 * The node on which the fewest and least important pods of lower priority would have to go, so that `pod` fits.
 * Undefined where the pod may not preempt, or where it would not help.
 */
export function preempt(
  pod: Pod,
  world: World,
  plugins: readonly Plugin[],
  refusals: ReadonlyMap<string, Refusal>,
  options: PreemptOptions = {},
): Preemption | undefined {
  if (preemptionRefusal(pod, world, refusals) !== undefined) return undefined;
  const { budgets = [], start = 0, minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 } = options;
  const names = world.nodes.map(({ node }) => node.metadata.name); // trials replace what stands in the list
  const enough = Math.max((names.length * minCandidateNodesPercentage) / 100, minCandidateNodesAbsolute);
  const candidates: Candidate[] = [];
  for (let i = 0; i < names.length && candidates.length < enough; i++) {
    const name = names[(start + i) % names.length]!;
    if (refusals.get(name)?.isFinal || !refusals.has(name)) continue;
    const candidate = candidateOn(name, pod, world, plugins, budgets);
    if (candidate !== undefined) candidates.push(candidate);
  }
  return candidates.reduce<Candidate | undefined>(
    (best, one) => (best === undefined || compare(one, best) < 0 ? one : best),
    undefined,
  );
}

/** All of lower priority go; then those come back with which the pod still fits: first whom a budget protects, then the important. */
function candidateOn(
  node: string,
  pod: Pod,
  world: World,
  plugins: readonly Plugin[],
  budgets: readonly PodDisruptionBudget[],
): Candidate | undefined {
  const priority = pod.spec.priority ?? 0;
  const lower = world.node(node)!.pods.filter((other) => (other.spec.priority ?? 0) < priority);
  if (lower.length === 0) return undefined;
  const { violating, others } = splitByBudgets([...lower].sort(byImportance), budgets);
  const order = [...violating, ...others];
  const fits = () => {
    const info = world.node(node)!;
    return (
      firstRefusal(pod, info, checksOf(pod, world, plugins)) === undefined &&
      refusalWithNominated(pod, info, plugins, world) === undefined
    );
  };
  const reprieve = (at: number): readonly Pod[] => {
    const other = order[at];
    if (other === undefined) return [];
    const rest = world.trial(node, { with: [other] }, () => (fits() ? reprieve(at + 1) : undefined));
    return rest ?? [other, ...reprieve(at + 1)];
  };
  const victims = world.trial(node, { without: lower }, () => (fits() ? reprieve(0) : undefined));
  if (victims === undefined) return undefined;
  return {
    node,
    victims: [...victims].sort(byImportance),
    violations: victims.filter((victim) => violating.includes(victim)).length,
  };
}

/** Which of `pods` could go only against a budget, those before them having gone. */
function splitByBudgets(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]) {
  const left = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0);
  const violating: Pod[] = [];
  const others: Pod[] = [];
  for (const pod of pods) {
    let isViolated = false;
    for (const [i, budget] of budgets.entries()) {
      if (!protects(budget, pod) || Object.hasOwn(budget.status?.disruptedPods ?? {}, pod.metadata.name)) continue;
      left[i]! -= 1;
      if (left[i]! < 0) isViolated = true;
    }
    (isViolated ? violating : others).push(pod);
  }
  return { violating, others };
}

function protects({ metadata, spec }: PodDisruptionBudget, pod: Pod): boolean {
  if (metadata.namespace !== pod.metadata.namespace) return false;
  const selector = selectorOf(spec?.selector) ?? [];
  return selector.length > 0 && matchesLabels(selector, pod.metadata.labels);
}

function byImportance(a: Pod, b: Pod): number {
  const byPriority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
  return byPriority !== 0 ? byPriority : startOf(a).localeCompare(startOf(b));
}

function startOf({ status }: Pod): string {
  return status.startTime ?? '9'; // it starts only now
}

/** Fewest budgets overdrawn, lowest highest priority, lowest sum, fewest victims, latest start of the most important ones. */
function compare(a: Candidate, b: Candidate): number {
  return (
    a.violations - b.violations ||
    highest(a) - highest(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    earliest(b).localeCompare(earliest(a))
  );
}

function highest({ victims }: Preemption): number {
  return victims[0]?.spec.priority ?? (victims.length === 0 ? -lift : 0);
}

/** Lifted above zero, so that more victims never count as less. */
function sum({ victims }: Preemption): number {
  return victims.reduce((total, pod) => total + (pod.spec.priority ?? 0) + lift, 0);
}
const lift = 2 ** 31;

function earliest({ victims }: Preemption): string {
  const most = victims[0]?.spec.priority ?? 0;
  const starts = victims.filter(({ spec }) => (spec.priority ?? 0) === most).map(startOf);
  return starts.sort()[0] ?? '';
}
