// `npm run upgrade:test`: a cluster of one version whose server, then whose agents are replaced by another version while
// pods run and a client writes and watches; then back again, so that each is a minor version ahead of the other once.
// Containers are not touched, watches go on from where they were, and nothing that was acknowledged is missing.
import { mkdtempSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { connect } from '#lib/client/connect.ts';
import { createClock } from '#lib/clock.ts';
import { stop as stopProcess } from '../../vagrant/lab/processes.ts';
import { layoutFor, readState } from '../../vagrant/lab/state.ts';
import { checkAll, nothingWritten, watchAll, write } from '../etcd/writer.ts';
import { home } from '../lab.ts';
import { stopOnSignals } from '../stop.ts';
import { checkOut } from './checkout.ts';
import { containerProcesses, deployPods, missedSince, revisionOf, seenPods, tryOut } from './look.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1eae0c2' }, // a commit: the other version
    minor: { type: 'string', default: '36' }, // which it says that it is
    pods: { type: 'string', default: '10' },
  },
});
const clock = createClock();
const stop = stopOnSignals((line) => process.stderr.write(`${line}\n`));
const faults: string[] = [];
const say = (line: string) => process.stdout.write(`${line}\n`);

await using other = await checkOut(values.from, values.minor);
const folders = { other: other.folder, this: home } as const;
const versions = { other: `v1.${values.minor}.0`, this: 'v1.37.0' } as const;
type Which = keyof typeof folders;

const data = mkdtempSync('/tmp/skiff-upgrade.');
const up = (which: Which) =>
  execa(`${folders[which]}/skiff`, ['up', '--isolated', '--no-workload', '--data', data, '--api-port', '0'], {
    stderr: 'inherit',
    cancelSignal: stop.signal,
  });
try {
  say(`Other version: ${other.commit}, which says that it is ${versions.other}`);
  await up('other');
  const layout = layoutFor({ ...readState(data)!, dataDir: data });
  const { kubeconfig } = layout;
  await using connection = await connect(kubeconfig, { userAgent: 'upgrade-test' });
  const { client } = connection;
  await deployPods(kubeconfig, Number(values.pods));
  const untouched = await seenPods(client, Number(values.pods), clock, stop.signal);
  const running = containerProcesses(layout);
  say(`${running.split(' ').length} processes in containers`);

  const written = nothingWritten();
  const end = new AbortController();
  const over = AbortSignal.any([end.signal, stop.signal]);
  const writers = [0, 1, 2].map((i) => write(client, `w${i}`, written, clock, over));
  const watching = watchAll(client, written, clock, over).catch(() => {}); // that it was stopped
  let [server, agents]: [Which, Which] = ['other', 'other'];
  await check('start');
  for (const [part, which] of [
    ['server', 'this'],
    ['agents', 'this'],
    ['server', 'other'],
    ['agents', 'other'],
  ] as const) {
    const revision = await revisionOf(client);
    const before = written.writes;
    written.longestMs = 0;
    await replace(part, which);
    if (part === 'server') server = which;
    else agents = which;
    const missed = await missedSince(client, revision, written.writes - before);
    if (missed !== undefined) faults.push(`${part} ${which}: ${missed}`);
    await check(`${part} replaced by ${versions[which]}`);
  }
  end.abort();
  await Promise.all([...writers, watching]);
  await checkAll(client, written, AbortSignal.timeout(30_000));
  faults.push(...written.faults);
  say(`${written.writes} writes acknowledged, ${written.retries} retries`);

  async function check(what: string): Promise<void> {
    const fromMs = clock.now();
    const now = await seenPods(client, Number(values.pods), clock, stop.signal);
    for (const [name, seen] of untouched) {
      if (now.get(name) !== seen) faults.push(`${what}: ${name} was ${seen} and is ${now.get(name)}`);
    }
    if (containerProcesses(layout) !== running) faults.push(`${what}: not the same processes run in containers`);
    const told = { server: versions[server], agents: versions[agents] };
    faults.push(...(await tryOut({ client, kubeconfig, told, clock }, stop.signal)).map((one) => `${what}: ${one}`));
    say(
      `${what}: server ${told.server}, agents ${told.agents}: looked over in ${clock.now() - fromMs} ms, longest wait of a write ${written.longestMs} ms, ${faults.length + written.faults.length} faults`,
    );
  }
} finally {
  await execa(`${home}/skiff`, ['down', '--data', data]);
  await execa('rm', ['-rf', data]);
}
for (const fault of faults) say(`FAULT ${fault}`);
say(faults.length === 0 ? 'No container was touched and nothing was lost.' : 'It did not hold.');
process.exitCode = stop.exitCode() ?? (faults.length > 0 ? 1 : 0);

/** As a service manager does it: the process is asked to end, and the other version's is started. */
async function replace(part: 'server' | 'agents', which: Which): Promise<void> {
  const { processes } = readState(data)!;
  const isMeant = (name: string) => (part === 'server' ? name === 'server' : name.endsWith('/agent'));
  const ids = Object.entries(processes).flatMap(([name, id]) => (isMeant(name) ? [id] : []));
  await Promise.all(ids.map((id) => stopProcess(id, 10_000, clock, stop.signal)));
  await up(which);
}
