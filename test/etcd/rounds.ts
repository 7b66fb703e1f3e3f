// `npm run etcd:rounds -- --rounds 20 --seed 7`: three servers, made by joining, with three members of etcd and agents on
// three nodes, and 30 pods. In each round a server, a member, an agent or a whole node is killed, ended, paused, cut off or
// lost, while clients on a fourth node write and watch. Nothing that was acknowledged may be missing or out of order in the
// end, no error may be one that a retry does not cure, the API has to be back within 5 s, no pod may notice what its node
// survives, and those of a node that is lost are replaced when upstream would replace them.
import { parseArgs } from 'node:util';
import { createClock } from '#lib/clock.ts';
import { isAlive, type ProcessId, send } from '../../vagrant/lab/processes.ts';
import { createRandom } from '../chaos/random.ts';
import { stopOnSignals } from '../stop.ts';
import type { PodSeen } from './client.ts';
import { describe, nextRound, type Round } from './harm.ts';
import { makeRoundsLab, podCount, type RoundsLab } from './lab-rounds.ts';
import { keep, keptSeries, type Series } from './seeds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' }, // with neither these nor a seed nor seconds: the series that are kept
    seed: { type: 'string' }, // a new one
    seconds: { type: 'string' }, // no round begins later than so long after the first one
    short: { type: 'boolean', default: false }, // no node is lost for good: that takes more than a minute each
  },
});
const clock = createClock();
const mostSeconds = Number(values.seconds ?? Number.POSITIVE_INFINITY);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const isAsked = values.rounds !== undefined || values.seed !== undefined || values.seconds !== undefined;
const asked: Series = { seed, rounds: Number(values.rounds ?? 10), isShort: values.short };
const wanted = () => (isAsked ? [asked] : keptSeries());
const mostMs = 5_000;
// A node is given up 50 s after its last sign of life, of which there is one each 10 s, and its pods after 5 s more.
const leastGoneMs = 43_000;
const mostReplacedMs = 100_000; // the scheduler may have been there, too: the next takes over after 15 s
const stop = stopOnSignals((line) => process.stderr.write(`${line}\n`));
const faults: string[] = [];
const say = (line: string) => process.stdout.write(`${line}\n`);

await using lab = await makeRoundsLab(AbortSignal.any([stop.signal, AbortSignal.timeout(180_000)]));
let [longestMs, writes, roundsDone] = [0, 0, 0];
await lab.ask('counts'); // what starting took is no round's affair
const startedMs = clock.now();
for (const series of wanted()) await runSeries(series);
const last = await lab.ask('finish');
faults.push(...last.faults);
for (const fault of faults) say(`FAULT ${fault}`);
say(
  `${roundsDone} rounds, ${last.writes} writes acknowledged, ${last.retries} retries, longest wait ${longestMs} ms, ${faults.length} faults`,
);
if (faults.length > 0) for (const series of wanted()) say(`again: npm run etcd:rounds -- ${wordsOf(series)}`);
if (faults.length > 0 && stop.exitCode() === undefined) wanted().forEach(keep);
process.exitCode = stop.exitCode() ?? (faults.length > 0 || roundsDone === 0 ? 1 : 0);
await lab[Symbol.asyncDispose]();
process.exit();

function wordsOf({ seed, rounds, isShort }: Series): string {
  return `--rounds ${rounds} --seed ${seed}${isShort ? ' --short' : ''}`;
}

async function runSeries(series: Series): Promise<void> {
  say(wordsOf(series));
  const random = createRandom(series.seed);
  for (let i = 1; i <= series.rounds && !stop.signal.aborted; i++) {
    if (clock.now() - startedMs > mostSeconds * 1000) return;
    const round = nextRound(random, { isShort: series.isShort });
    const before = await settledPods(lab, 30_000);
    await harm(lab, round);
    const end = AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]);
    await lab.heal(end).catch((error: Error) => faults.push(`Round ${i}: not healed: ${error.message}`));
    const after = await settledPods(lab, 60_000);
    if (isSurvived(round)) compare(before, after, i);
    await clock.sleep(2_000, stop.signal).catch(() => {}); // the next may be another one: a majority has to be there again
    const counts = await lab.ask('counts');
    longestMs = Math.max(longestMs, counts.longestMs);
    if (counts.longestMs > mostMs) faults.push(`Round ${i}: ${counts.longestMs} ms without an answer`);
    say(
      `${i}: ${describe(round)}: ${counts.writes - writes} writes, longest wait ${counts.longestMs} ms, ${faults.length + counts.faults.length} faults`,
    );
    writes = counts.writes;
    roundsDone++;
  }
}

async function harm(to: RoundsLab, round: Round): Promise<void> {
  const { which, forMs } = round;
  const [server, node] = [to.servers[which]!, to.layout.nodes[which]!];
  const pause = (ms: number) => clock.sleep(ms, stop.signal).catch(() => {}); // then it is mended all the same
  const signal = async (ids: readonly (ProcessId | undefined)[]) => {
    const known = ids.filter((id) => id !== undefined);
    for (const id of known) send(id, round.harm === 'pause' ? 'SIGSTOP' : round.harm === 'end' ? 'SIGTERM' : 'SIGKILL');
    await pause(forMs);
    if (round.harm === 'pause') for (const id of known) send(id, 'SIGCONT');
    else if (round.harm === 'end') while (known.some(isAlive)) await pause(50);
  };
  if (round.part === 'server') return signal([server.process()]);
  if (round.part === 'etcd') return signal([server.etcd()]);
  if (round.part === 'agent') return signal([to.agentOf(node)]);
  await to.cut(node);
  try {
    if (round.harm === 'kill') to.killNode(node);
    if (round.harm === 'lose') await replaced(to, node.name, round);
    else await pause(forMs);
  } finally {
    await to.mend(node);
  }
}

/** Waits until the pods of a node that is lost run elsewhere; not before upstream would give it up, nor much later. */
async function replaced(to: RoundsLab, node: string, round: Round): Promise<void> {
  const fromMs = clock.now();
  let goneMs: number | undefined;
  let most = 0; // pods there at first
  for (;;) {
    const pods = await to.ask('pods').catch(() => []);
    const away = pods.filter((pod) => pod.node !== node && pod.isReady && !pod.isEnding);
    const tookMs = clock.now() - fromMs;
    const staying = pods.filter((pod) => pod.node === node && !pod.isEnding).length;
    if (pods.length > 0) most = Math.max(most, staying);
    if (pods.length > 0 && staying < most) goneMs ??= tookMs;
    if (away.length === podCount) {
      say(`   ${node}: given up after ${goneMs} ms, its pods ran elsewhere after ${tookMs} ms`);
      if ((goneMs ?? 0) < leastGoneMs) faults.push(`${describe(round)}: pods were given up after ${goneMs} ms already`);
      return;
    }
    if (tookMs > mostReplacedMs || stop.signal.aborted) {
      faults.push(`${describe(round)}: only ${away.length} pods ran elsewhere after ${tookMs} ms`);
      return;
    }
    await clock.sleep(500, stop.signal).catch(() => {});
  }
}

/** All 30 Ready, and none on its way out: as they are then, or after so long. */
async function settledPods(to: RoundsLab, patienceMs: number): Promise<readonly PodSeen[]> {
  const untilMs = clock.now() + patienceMs;
  for (;;) {
    const pods = await to.ask('pods').catch(() => []);
    const isSettled = pods.length === podCount && pods.every(({ isReady, isEnding }) => isReady && !isEnding);
    if (isSettled || stop.signal.aborted) return pods;
    if (clock.now() > untilMs) {
      faults.push(
        `${pods.filter(({ isReady }) => isReady).length} of ${podCount} pods are Ready, ${pods.length} there`,
      );
      return pods;
    }
    await clock.sleep(500, stop.signal).catch(() => {});
  }
}

/** Whether the containers live through it. */
function isSurvived({ part, harm: what }: Round): boolean {
  return part !== 'node' || what === 'cut';
}

function compare(before: readonly PodSeen[], after: readonly PodSeen[], round: number): void {
  const now = new Map(after.map((pod) => [pod.name, pod]));
  for (const pod of before) {
    const same = now.get(pod.name);
    if (same === undefined) faults.push(`Round ${round}: ${pod.name} on ${pod.node} was replaced`);
    else if (same.containerId !== pod.containerId || same.restarts !== pod.restarts)
      faults.push(`Round ${round}: ${pod.name} on ${pod.node} was started again`);
  }
}
