import type { ConfigMap, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { backoffMs } from '#lib/backoff.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import { familyOf, parseCidr } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { followServices } from '../service-feed.ts';
import { countAnswers } from './counts.ts';
import { createForwarder } from './forward.ts';
import { followResolvConf } from './resolv-conf.ts';
import { createResponder, type Responder } from './respond.ts';
import { serveDns } from './server.ts';
import { noStubs, parseStubs, upstreamsFor } from './stubs.ts';
import { ZoneIndex } from './zone.ts';

export interface DnsOptions {
  /** The cluster DNS address: it becomes an address of this node. */
  readonly address: string;
  readonly domain: string;
  /** Ranges of pods and Services: their names are nobody else's to know. */
  readonly ownRanges: readonly string[];
  readonly resolvConf: string;
  /** ConfigMaps of which one, kube-system/kube-dns, names further resolvers. */
  readonly settings?: Pick<Informer<ConfigMap>, 'onChange'> | undefined;
  readonly informers: { readonly services: Informer<Service>; readonly endpointSlices: Informer<EndpointSlice> };
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Serves cluster DNS on this node until `signal` is aborted, from what the informers know, newest or not. */
export async function runDns(options: DnsOptions, signal: AbortSignal): Promise<void> {
  const { address, exec, clock, log } = options;
  const zone = new ZoneIndex();
  const feed = followServices(options.informers, (key, view) => zone.put(key, view));
  const responder = createDnsResponder(options, zone);
  let failures = 0;
  while (!signal.aborted) {
    try {
      await exec('ip', ['address', 'replace', hostRange(address), 'dev', 'lo'], signal);
      const onListening = () => {
        failures = 0;
        log.info('Serving cluster DNS', { address });
      };
      await serveDns({ address, port: 53, responder, log, onListening }, signal);
    } catch (error) {
      if (signal.aborted) break;
      log.error('Could not serve cluster DNS', { address, err: error });
      await clock.sleep(backoffMs(++failures, { firstMs: 100, mostMs: 10_000 }), signal).catch(() => {});
    }
  }
  feed.stop();
}

/** Takes the address away that `runDns` gave to this node. */
export async function removeDnsAddress(address: string, exec: Exec, signal: AbortSignal): Promise<void> {
  await exec('ip', ['address', 'del', hostRange(address), 'dev', 'lo'], signal, { okCodes: [0, 2] });
}

function createDnsResponder(options: DnsOptions, zone: ZoneIndex): Responder {
  const { address, domain, ownRanges, informers, clock } = options;
  let isSynced = false;
  void Promise.all([informers.services.synced, informers.endpointSlices.synced]).then(() => {
    isSynced = true;
  });
  return createResponder({
    facts: {
      domain: domain.toLowerCase(),
      zone,
      ownRanges: ownRanges.flatMap((range) => parseCidr(range) ?? []),
      address,
    },
    forwarder: createForwarder({ upstreams: upstreamsOf(options), clock }),
    clock,
    isSynced: () => isSynced,
    onAnswer: countAnswers(options.metrics, { address, domain: domain.toLowerCase() }),
  });
}

/** Whom to ask for a name: the node's own resolvers, unless the cluster's settings know better. */
function upstreamsOf({ resolvConf, address, settings, clock, log }: DnsOptions) {
  const general = followResolvConf(resolvConf, [address], clock);
  let stubs = noStubs;
  settings?.onChange((now) => {
    stubs = parseStubs(now?.data);
    if (stubs.problems.length > 0) log.warn('Could not understand the settings of DNS', { problems: stubs.problems });
  });
  // Nobody is sent to ourselves: such a question would go round for ever.
  return (name: string) => upstreamsFor(name, stubs, general()).filter((upstream) => upstream.address !== address);
}

function hostRange(address: string): string {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`;
}
