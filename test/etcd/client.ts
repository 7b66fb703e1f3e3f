// Child of the rounds: the clients, in the network of a node that no round harms. Asked over IPC, one question at a time.
import { pods } from '#lib/api/resources.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport } from '#lib/client/http-transport.ts';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { checkAll, namespace, nothingWritten, watchAll, write } from './writer.ts';

export interface PodSeen {
  readonly name: string;
  readonly node: string;
  readonly isReady: boolean;
  readonly isEnding: boolean;
  readonly containerId: string;
  readonly restarts: number;
}

export interface Counts {
  readonly writes: number;
  readonly retries: number;
  /** Since this was asked last. */
  readonly longestMs: number;
  readonly faults: readonly string[];
}

/** What may be asked, and what is answered. */
export interface Questions {
  /** How many of the servers are ready. */
  readonly ready: () => Promise<number>;
  readonly pods: () => Promise<readonly PodSeen[]>;
  readonly counts: () => Promise<Counts>;
  /** Ends the clients and looks whether all is there. */
  readonly finish: () => Promise<Counts>;
}

const [kubeconfig = '', ...urls] = process.argv.slice(2);
const [clock, log, stop] = [createClock(), createSilentLog(), new AbortController()];
const written = nothingWritten();

async function connectTo(first: number, only = false): Promise<Client> {
  const access = await readKubeconfig(kubeconfig);
  const inTurn = [...urls.slice(first), ...urls.slice(0, first)];
  const others = only ? {} : { others: () => inTurn };
  return createClient(createHttpTransport({ ...access, server: inTurn[0]!, ...others, clock, log }));
}

const alone = await Promise.all(urls.map((_, i) => connectTo(i, true)));
const any = await connectTo(0);
const writers: Promise<void>[] = [];
for (let i = 0; i < 6; i++) writers.push(write(await connectTo(i % urls.length), `w${i}`, written, clock, stop.signal));
void watchAll(await connectTo(1 % urls.length), written, clock, stop.signal).catch(() => {}); // that it was stopped

function counts(): Counts {
  const { writes, retries, longestMs, faults } = written;
  written.longestMs = 0;
  return { writes, retries, longestMs, faults };
}

const answers: Questions = {
  async ready() {
    const asked = alone.map((client) => client.raw('GET', '/readyz', AbortSignal.timeout(2_000)).catch(() => ''));
    return (await Promise.all(asked)).filter((text) => text === 'ok').length;
  },
  async pods() {
    const { items } = await any.list(pods, { namespace, labelSelector: 'app=thirty' }, AbortSignal.timeout(10_000));
    return items.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      node: spec?.nodeName ?? '',
      isReady: (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True'),
      isEnding: metadata.deletionTimestamp !== undefined,
      containerId: status?.containerStatuses?.[0]?.containerID ?? '',
      restarts: status?.containerStatuses?.[0]?.restartCount ?? 0,
    }));
  },
  counts: async () => counts(),
  async finish() {
    stop.abort();
    await Promise.all(writers);
    await checkAll(any, written, AbortSignal.timeout(30_000));
    return counts();
  },
};

process.on('message', (question: keyof Questions) => {
  void answers[question]().then(
    (answer) => process.send?.({ answer }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit());
