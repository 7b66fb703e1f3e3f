// Puts the pod worker together with what it works by.
import { readFile } from 'node:fs/promises';
import type { Cri } from '#cri/runtime.ts';
import { keyOf } from '#lib/api/resource.ts';
import { runtimeClasses } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { admit } from '../admission/admit.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import type { Puller } from '../images/puller.ts';
import type { Informers } from '../informers.ts';
import { createLimit } from '../limit.ts';
import type { PodObjects } from '../objects.ts';
import { createProbes } from '../probes/probes.ts';
import { createProbeTeller } from '../probes/tell-probe.ts';
import { isMirrorOf, isStatic } from '../static/annotations.ts';
import { keepMirrors } from '../static/keep-mirrors.ts';
import type { PodSource } from '../static/pod-source.ts';
import type { StaticPods } from '../static/static-pods.ts';
import type { UserNamespaces } from '../userns/user-namespaces.ts';
import type { Volumes } from '../volumes/volumes.ts';
import type { Checkpoint } from './checkpoint.ts';
import { parseResolvConf } from './dns-config.ts';
import { lastWords } from './last-words.ts';
import type { NodeTools } from './node-facts.ts';
import { createObserver, type Observer } from './observer.ts';
import type { PodMetrics } from './pod-metrics.ts';
import type { RecordPod } from './record.ts';
import { createReporter } from './report.ts';
import { createWorker, type Worker } from './worker.ts';

export interface PodsOptions {
  readonly client: Client;
  readonly cri: Cri;
  readonly informers: Informers;
  readonly record: RecordPod;
  readonly metrics: PodMetrics;
  readonly puller: Puller;
  readonly source: PodSource;
  readonly statics: StaticPods;
  readonly objects: PodObjects;
  readonly cgroups: Cgroups;
  readonly volumes: Volumes;
  readonly users: UserNamespaces;
  readonly nodeName: string;
  readonly longestRestartMs?: number | undefined;
  readonly allowedUnsafeSysctls: readonly string[];
  readonly rootDir: string;
  readonly podLogsDir?: string | undefined;
  readonly hostIPs: readonly string[];
  allocatable(): Readonly<Record<string, string>>;
  readonly capacityBytes: number;
  readonly hugePageSizes: readonly string[];
  readonly hasAppArmor: boolean;
  readonly seccompDefault?: boolean | undefined;
  readonly killsTogether: boolean;
  readonly enforcesCpuLimits?: boolean | undefined;
  isShuttingDown(): boolean;
  readonly resolvConf: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly checkpoint: Checkpoint;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Pods extends Worker {
  readonly observer: Observer;
  /** What /metrics/probes shows. */
  probeMetrics(): string;
  /** Settles when the API knows the newest status of the pod, or the pod is gone. */
  settled(podUid: string, signal: AbortSignal): Promise<void>;
}

/** The pods of this node; nothing happens before `run`. `life` ends their probes. */
export function createPods(options: PodsOptions, life: AbortSignal): Pods {
  const { client, cri, objects, clock, log, informers, record, metrics } = options;

  const observer = createObserver({
    runtime: cri.runtime,
    lastWords,
    onChange: (podUid) => worker.wake(podUid),
    onList: metrics.listed,
    isBusy: () => worker.pods().length > 0 || observer.uids().length > 0,
    clock,
    log,
  });
  const teller = createProbeTeller(record);
  const probes = createProbes(
    {
      async exec(containerId, command, timeoutMs, signal) {
        const { runtime } = cri;
        const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutMs / 1000, signal);
        return { exitCode, output: new TextDecoder().decode(Buffer.concat([stdout, stderr])) };
      },
      clock,
      log,
      onChange: (podUid) => worker.wake(podUid),
      onResult: teller.tell,
    },
    life,
  );
  const tools: NodeTools = {
    ...options,
    life,
    observer,
    services: informers.services,
    knowsAllPods: options.statics.isComplete,
    limit: createLimit(mostAtOnce),
    admit(pod, others) {
      const node = informers.nodes.get(options.nodeName);
      const { allowedUnsafeSysctls, hasAppArmor } = options;
      const isShuttingDown = options.isShuttingDown();
      return admit({
        pod,
        others,
        node,
        allocatable: options.allocatable(),
        allowedUnsafeSysctls,
        hasAppArmor,
        isShuttingDown,
      });
    },
    async dns() {
      const { clusterDns, clusterDomain, resolvConf } = options;
      const isOff = resolvConf === '';
      const node = parseResolvConf(isOff ? '' : await readFile(resolvConf, 'utf8').catch(() => ''));
      return { clusterDns: clusterDns === '' ? [] : clusterDns.split(','), clusterDomain, node, isOff };
    },
    async handlerOf(name, signal) {
      if (name === undefined) return '';
      return (await client.get(runtimeClasses, { name }, signal)).handler;
    },
  };
  const { source, statics } = options;
  const targetOf = (pod: Pod) => {
    if (!isStatic(pod)) return pod;
    const mirror = informers.pods.get(keyOf(pod));
    return isMirrorOf(mirror, pod) ? mirror : undefined;
  };
  const reporter = createReporter({ client, targetOf, clock, log });
  const worker = createWorker({ tools, client, probes, reporter });

  return {
    ...worker,
    observer,
    probeMetrics: teller.render,
    settled: reporter.settled,
    async run(signal) {
      const watching = observer.run(signal);
      // Who starts a pod must know what runs already, and which Services there are.
      const ready = Promise.all([observer.synced, informers.services.synced, informers.nodes.synced, source.synced]);
      await Promise.race([ready, aborted(signal)]);
      probes.restore(knownVerdicts(informers.pods.list()));
      const stops = [
        source.onChange(metrics.see),
        source.onChange(worker.see),
        source.onChange((now, before) => now === undefined && before !== undefined && teller.forget(before)),
        objects.onChange(worker.wake),
      ];
      const node = () => informers.nodes.get(options.nodeName);
      const mirrors = { client, informer: informers.pods, statics, node, clock, log };
      await Promise.all([
        watching,
        worker.run(signal),
        keepMirrors({ ...mirrors, isEnding: worker.isHere, onMirror: reporter.again }, signal),
      ]);
      for (const stop of stops) stop();
    },
  };
}
const mostAtOnce = 16;

/** What the API was told of containers before this process started: a restart of the agent makes nobody unready. */
function knownVerdicts(all: Iterable<Pod>) {
  const known = new Map<string, { readonly isStarted: boolean; readonly isReady: boolean }>();
  for (const { status } of all) {
    for (const one of [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]) {
      const id = one.containerID?.replace(/^containerd:\/\//, '');
      if (id !== undefined) known.set(id, { isStarted: one.started ?? false, isReady: one.ready });
    }
  }
  return known;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
