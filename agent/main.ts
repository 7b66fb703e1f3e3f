// `skiff agent`: the kubelet, the Service proxy and cluster DNS of one node in one process.
import { mkdir } from 'node:fs/promises';
import { openCri } from '#cri/containerd.ts';
import { connect } from '#lib/client/connect.ts';
import { createEventRecorder } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { giveBackMemory } from '#lib/give-back-memory.ts';
import type { Log } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { keepCertificates } from './certificates/keep-all.ts';
import { createCgroups } from './cgroups/cgroups.ts';
import { cgroupDriver } from './cgroups/driver.ts';
import { cpuShares } from './cgroups/limits.ts';
import { keepShares } from './cgroups/share-out.ts';
import { shownOptions } from './config/shown-config.ts';
import { collectImages } from './images/collect.ts';
import { standardCollection } from './images/collect-plan.ts';
import { createNodePuller } from './images/create-node-puller.ts';
import { openProviders } from './images/open-providers.ts';
import { openPulledImages } from './images/pulled-images.ts';
import { createInformers, runInformers } from './informers.ts';
import { rotateLogs } from './logs/rotate.ts';
import { standardRotation } from './logs/rotate-plan.ts';
import { type Network, startNetwork } from './network.ts';
import { createApiServers } from './node/api-servers.ts';
import { createNodeKeeper } from './node/keep-node.ts';
import { keepLease } from './node/lease.ts';
import { readMachine } from './node/machine.ts';
import { mostPods } from './node/most-pods.ts';
import { allocatableOf } from './node/node-status.ts';
import { setOomScore } from './node/oom-score.ts';
import { limitOfPods, standardReserve } from './node/reserve.ts';
import { createPodObjects } from './objects.ts';
import type { AgentOptions } from './options.ts';
import { openCheckpoint } from './pods/checkpoint.ts';
import { createPods } from './pods/create-pods.ts';
import { createPodMetrics } from './pods/pod-metrics.ts';
import { createRecordPod } from './pods/record.ts';
import { createOperationMetrics } from './runtime-metrics.ts';
import { readTls } from './server/read-tls.ts';
import { startKubeletServer } from './server/server.ts';
import { knownIds, sweepShims } from './shims/sweep-shims.ts';
import { createShutdown } from './shutdown/keep-shutdown.ts';
import { createLogind } from './shutdown/logind.ts';
import { createPodSource } from './static/pod-source.ts';
import { createStaticPods } from './static/static-pods.ts';
import { openUserNamespaces } from './userns/user-namespaces.ts';
import { kubeletVersion } from './version.ts';
import { createVolumes } from './volumes/create-volumes.ts';
import { createMounter } from './volumes/mounter.ts';
import { createPodCertificates } from './volumes/pod-certificates.ts';
import { createTokens } from './volumes/tokens.ts';
import { createTrustBundles } from './volumes/trust-bundles.ts';

export interface AgentDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the agent. Containers go on running: the next agent finds them. */
  readonly signal: AbortSignal;
}

/** Runs a node at the address it is told until `signal` is aborted. */
export async function runAgentAt(
  options: AgentOptions & { readonly nodeIp: string },
  { clock, log, signal }: AgentDependencies,
): Promise<void> {
  const {
    nodeName,
    rootDir,
    port,
    clusterDns,
    clusterDomain,
    reserve = standardReserve,
    resolvConf = '/etc/resolv.conf',
  } = options;
  await mkdir(rootDir, { recursive: true, mode: 0o750 });
  const apiServers = createApiServers(`${rootDir}/api-servers.json`, log);
  const speaking = { userAgent: `kubelet/${kubeletVersion}`, others: apiServers.all, log };
  await using connection = await connect(options.kubeconfig, speaking);
  const { client } = connection;
  const metrics = createMetrics(); // of the whole process: shown by the kubelet's server, to those who may
  const opened = await openCri(options.runtimeEndpoint, clock, options.runtimeTimeoutMs);
  const measured = createOperationMetrics(metrics, clock);
  const cri = { ...opened, runtime: measured(opened.runtime), images: measured(opened.images) };
  const [machine, tls, driver] = await Promise.all([
    readMachine(rootDir),
    readTls(options),
    cgroupDriver(cri, clock, signal),
  ]);
  await setOomScore(options.oomScoreAdj, log);
  const maxPods = mostPods(options, machine);
  const theirs = limitOfPods(machine, reserve);
  const hostIPs = options.nodeIp.split(',');
  const common = { client, clock, log };
  const informers = createInformers(common, nodeName);
  apiServers.follow(informers.endpointSlices);
  const { manifestPath, manifestUrl, manifestUrlHeaders = {}, manifestPauseMs: pauseMs = 20_000 } = options;
  const manifests = { manifestPath, manifestUrl, manifestUrlHeaders, pauseMs };
  const statics = createStaticPods({ nodeName, ...manifests, clock, log });
  const source = createPodSource(informers.pods, statics);
  const recorder = createEventRecorder({ ...common, component: 'kubelet', host: nodeName });
  const cgroups = await createCgroups(
    {
      driver,
      root: options.cgroupRoot,
      whole: { cpuShares: cpuShares(theirs.cpuMilli), memoryBytes: theirs.memoryBytes },
      podPidsLimit: options.podPidsLimit,
      enforcesCpuLimits: options.enforcesCpuLimits,
      exec,
      log,
    },
    signal,
  );
  if (options.refusesCgroupV1 && !cgroups.isV2)
    throw new Error('This machine is on cgroup v1: failCgroupV1 says that will not do');
  const allocatable = () => allocatableOf({ machine, maxPods, reserve });
  const objects = createPodObjects(common, signal);
  const podMetrics = createPodMetrics(metrics, clock);
  const record = podMetrics.following(createRecordPod(recorder));
  const pulled = await openPulledImages(options, common);
  const provide = await openProviders(options, common);
  const puller = createNodePuller({ ...options, images: cri.images, objects, record, clock, pulled, provide });
  const volumes = await createVolumes({
    ...common,
    root: rootDir,
    objects,
    tokens: createTokens(common),
    trustBundles: createTrustBundles(common, signal),
    certificates: createPodCertificates({
      ...common,
      nodeName,
      nodeUid: () => informers.nodes.get(nodeName)?.metadata.uid,
    }),
    mounter: createMounter(exec),
    views: cri.views,
    pullImage: (pod, { reference = '', pullPolicy: imagePullPolicy }, signal) =>
      puller.ensure(pod, { image: reference, imagePullPolicy }, undefined, signal),
    pods: source,
    factsOf: (pod) => {
      const podIPs = pod.spec.hostNetwork ? hostIPs : (pod.status.podIPs ?? []).map(({ ip }) => ip);
      return { pod, podIPs, hostIPs, allocatable: allocatable() };
    },
  });
  const users = await openUserNamespaces({ ...options, podsDir: `${rootDir}/pods`, maxPods, exec }, signal);
  const pods = createPods(
    {
      ...common,
      cri,
      informers,
      metrics: podMetrics,
      record,
      puller,
      source,
      statics,
      objects,
      cgroups,
      volumes,
      users,
      nodeName,
      longestRestartMs: options.longestRestartMs,
      allowedUnsafeSysctls: options.allowedUnsafeSysctls ?? [],
      rootDir,
      podLogsDir: options.podLogsDir,
      hostIPs,
      allocatable,
      capacityBytes: machine.memoryBytes,
      hugePageSizes: Object.keys(machine.hugePages).filter((size) => machine.hugePages[size] !== 0),
      hasAppArmor: machine.hasAppArmor,
      seccompDefault: options.seccompDefault,
      enforcesCpuLimits: options.enforcesCpuLimits,
      killsTogether: cgroups.isV2 && options.killsSingly !== true,
      isShuttingDown: () => shutdown.isUnderWay(),
      resolvConf,
      clusterDns,
      clusterDomain,
      checkpoint: await openCheckpoint(`${rootDir}/checkpoints`, log),
    },
    signal,
  );
  const shutdown = createShutdown({
    ...pods,
    periods: options.shutdown ?? [],
    logind: createLogind(exec),
    onChange: () => node.wake(),
    record: (reason, message) => recorder.record(aboutNode(nodeName), 'Normal', reason, message),
    clock,
    log,
  });
  let network: Network | undefined;
  const node = createNodeKeeper({
    ...common,
    cri,
    name: nodeName,
    ips: hostIPs,
    port,
    machine,
    maxPods,
    kubeletVersion,
    reserve,
    taints: options.taints,
    labels: options.nodeLabels,
    providerId: options.providerId,
    mayRegister: options.registersNode,
    mostImages: options.mostImages,
    lookMs: options.nodeLookMs,
    repeatMs: options.nodeRepeatMs,
    network: () => network?.status() ?? { isReady: false, message: 'it is being set up' },
    current: () => informers.nodes.get(nodeName),
    isShuttingDown: shutdown.isUnderWay,
    record: (reason, message, type = 'Normal') => recorder.record(aboutNode(nodeName), type, reason, message),
  });
  network = startNetwork(
    {
      nodeName,
      nodeIps: hostIPs,
      clusterCidrs: options.clusterCidr.split(','),
      serviceCidrs: options.serviceCidr.split(','),
      ...(options.proxyMode === undefined ? {} : { proxyMode: options.proxyMode }),
      ...(options.podNetworkMode === undefined ? {} : { podNetworkMode: options.podNetworkMode }),
      nodePortAddresses: options.nodePortAddresses?.split(','),
      isLocalhostServed: options.iptablesLocalhostNodeports,
      sandboxIds: async (signal) => new Set((await cri.runtime.listSandboxes({}, signal)).map(({ id }) => id)),
      ...(clusterDns === '' ? {} : { clusterDns: clusterDns.split(',')[0] }),
      clusterDomain,
      informers,
      exec,
      ...common,
      resolvConf,
      onStatus: node.wake,
      metrics,
    },
    signal,
  );
  const serve = { nodeName, port, tls, client, pods: source, runtime: cri.runtime, metrics, access: options.access };
  const seen = { probeMetrics: pods.probeMetrics, images: cri.images, cgroups, rootDir, ...options.serving };
  const server = await startKubeletServer({ ...serve, ...seen, ...shownOptions(options), clock, log }, signal);
  const certificates = keepCertificates(
    {
      nodeName,
      rootDir,
      isServing: options.tlsCertFile === undefined,
      clientCaFile: options.clientCaFile,
      connection,
      node: () => informers.nodes.get(nodeName),
      serve: server.useCertificate,
      metrics,
      ...common,
    },
    signal,
  );
  log.info('Started agent', { node: nodeName, cgroupDriver: driver, cgroupV2: cgroups.isV2, kubeletPort: server.port });
  await Promise.all([
    runInformers(informers, signal),
    statics.run(signal),
    recorder.run(signal),
    node.run(signal),
    keepLease(() => informers.nodes.get(nodeName), { ...common, leaseSeconds: options.leaseSeconds }, nodeName, signal),
    pods.run(signal),
    shutdown.run(signal),
    sweepShims(
      {
        runtime: cri.runtime,
        known: () => knownIds(pods.observer),
        runtimeEndpoint: options.runtimeEndpoint,
        clock,
        log,
      },
      signal,
    ),
    keepShares(cgroups, pods.pods, common, signal),
    volumes.run(signal),
    collectImages(
      {
        cri,
        rule: options.imageCollection ?? standardCollection,
        pulled,
        record: (reason, message) => recorder.record(aboutNode(nodeName), 'Warning', reason, message),
        clock,
        log,
      },
      signal,
    ),
    rotateLogs(
      { runtime: cri.runtime, rule: options.logRotation ?? standardRotation, pauseMs: options.logPauseMs, clock, log },
      signal,
    ),
    network.done,
    certificates,
    giveBackMemory(clock, signal),
    server.stopped,
  ]);
  cri.close();
  log.info('Stopped agent', { node: nodeName });
}

/** Upstream names a node by its name where others have a uid: `kubectl describe node` looks for that. */
function aboutNode(name: string) {
  return { kind: 'Node', name, uid: name };
}
