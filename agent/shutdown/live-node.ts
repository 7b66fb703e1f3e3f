// What a node does about shutdowns, as a process of its own beside a real logind, with two pods that end at once. What
// happens is told as lines on standard output. Its environment says whose bus it is on, and the id of logind's process.
import { createClock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { createLog } from '#lib/log.ts';
import { examplePod } from '../pods/example.ts';
import { createShutdown } from './keep-shutdown.ts';
import { createLogind } from './logind.ts';
import { periodsOf } from './plan.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const ended = new Set<string>();
const pods = { plain: 0, critical: 2_000_000_000 };

const shutdown = createShutdown({
  periods: periodsOf(30, 10),
  // There is no systemd that could send logind a signal.
  logind: createLogind((file, words, signal) =>
    file === 'systemctl'
      ? exec('kill', [words[1]!.replace('--signal=', '-'), process.env['LOGIND']!], signal)
      : exec(file, words, signal),
  ),
  pods: () => Object.entries(pods).map(([uid, priority]) => examplePod({ priority }, { metadata: { name: uid, uid } })),
  fail(uid, { reason }, graceSeconds) {
    say(`fail ${uid} ${reason} ${graceSeconds}`);
    ended.add(uid);
  },
  hasEnded: (uid) => ended.has(uid),
  settled: async () => {},
  onChange: () => say(`under way: ${shutdown.isUnderWay()}`),
  record: (reason, message) => say(`${reason}: ${message}`),
  clock: createClock(),
  log: createLog({ level: 'info' }),
});
await shutdown.run(new AbortController().signal);
