import type { Command } from 'commander';
import { addEtcdOptions, type EtcdFlags, etcdOf } from './etcd.ts';
import { live } from './life.ts';
import { keepNotified, takeNotifyEnvironment } from './notify.ts';
import { addOwnEtcdOptions, type JoiningFlags, ownEtcdOf } from './own-etcd.ts';
import { addServers } from './servers.ts';
import { answersWell, livenessUrl } from './well.ts';

export interface ServerFlags extends EtcdFlags, JoiningFlags {
  readonly maxStoreSize: string;
  readonly listenFd?: string;
  readonly localPort?: string;
  readonly serviceClusterIpRange: string;
  readonly clusterCidr: string;
  readonly clusterDomain: string;
  readonly leaderElect?: boolean;
  readonly schedulerConfig?: string;
  readonly cloudProvider?: string;
  readonly cloudConfig?: string;
  readonly tlsSan: readonly string[];
  readonly controlPlaneEndpoint?: string;
  readonly certificateLifetime: string;
  readonly authorityLifetime: string;
  readonly clusterSigningDuration: string;
  readonly anonymousAuth?: string;
  readonly authorizationWebhookConfigFile?: string;
  readonly authorizationWebhookCacheAuthorizedTtl: string;
  readonly authorizationWebhookCacheUnauthorizedTtl: string;
  readonly authenticationTokenWebhookConfigFile?: string;
  readonly authenticationTokenWebhookCacheTtl: string;
  readonly verbose?: boolean;
}

export function addServer(program: Command): void {
  const command = addOwnEtcdOptions(addEtcdOptions(program.command('server')))
    .description('Run a control plane: API server, scheduler and controllers in one process.')
    .option('--data-dir <folder>', 'database, certificates and kubeconfigs', '/var/lib/skiff/server')
    .option('--max-store-size <size>', 'how large the database may grow: then only deletions are taken', '8Gi')
    .option('--bind-address <ip>', 'where to listen', '0.0.0.0')
    .option('--secure-port <port>', 'port of HTTPS', '6443')
    .option('--advertise-address <ip>', 'the address by which nodes reach it (the one it is bound to unless told)')
    .option('--listen-fd <number>', 'also serve the listening socket that the caller opened')
    .option('--local-port <port>', 'port of 127.0.0.1 that admin.conf names (--secure-port unless told)')
    .option('--service-cluster-ip-range <cidr>', 'addresses of Services', '10.96.0.0/12')
    .option('--cluster-cidr <cidr>', 'addresses of pods', '10.244.0.0/16')
    .option('--cluster-domain <name>', 'domain of cluster DNS', 'cluster.local')
    .option('--leader-elect', 'of all schedulers and controllers on one store one works at a time (with etcd: always)')
    .option('--scheduler-config <file>', 'KubeSchedulerConfiguration: schedulers by name, their plugins and weights')
    .option('--cloud-provider <name>', 'what made the machines (lab): nodes whose machine is gone are removed')
    .option('--cloud-config <file>', 'what the provider goes by')
    .option('--token <token...>', 'by which nodes may join, such as abcdef.0123456789abcdef; or as SKIFF_TOKEN')
    .option('--tls-san <name...>', 'further names and addresses by which it is reached', [])
    .option('--control-plane-endpoint <host[:port]>', 'by which nodes reach it, if not by its address')
    .option('--certificate-lifetime <duration>', "of the control plane's own certificates", '8760h')
    .option('--authority-lifetime <duration>', 'of the authorities that sign', '87600h')
    .option('--cluster-signing-duration <duration>', 'of the certificates of nodes and clients', '8760h')
    .option(
      '--anonymous-auth <true|false>',
      'who names nobody may ask for anything, or nothing (health, version, where the cluster is)',
    )
    .option(
      '--authorization-webhook-config-file <file>',
      'kubeconfig of who is asked what Node and RBAC have not allowed',
    )
    .option('--authorization-webhook-cache-authorized-ttl <duration>', 'how long a yes counts', '5m')
    .option('--authorization-webhook-cache-unauthorized-ttl <duration>', 'how long a no counts', '30s')
    .option('--authentication-token-webhook-config-file <file>', 'kubeconfig of who is asked whose foreign token it is')
    .option('--authentication-token-webhook-cache-ttl <duration>', 'how long the answer counts', '2m')
    .option('--own-node <name>', 'the node that runs on the same machine (its host name unless told)')
    .option('-v, --verbose', 'log more')
    .action((flags: ServerFlags) => live((signal) => server(flags, signal)));
  addServers(command);
}

async function server(flags: ServerFlags, signal: AbortSignal): Promise<void> {
  const { createClock } = await import('#lib/clock.ts');
  const { exec } = await import('#lib/exec.ts');
  const { createLog } = await import('#lib/log.ts');
  const { runServer } = await import('../controlplane/main.ts');
  const { parseDuration } = await import('#lib/api/json/duration.ts');
  const { wholeValue } = await import('#lib/api/quantity.ts');
  const milliseconds = (text: string) => Number(parseDuration(text) / 1_000_000n);
  const { parseToken } = await import('#lib/join/token.ts');
  const log = createLog({ level: flags.verbose ? 'debug' : 'info' });
  const clock = createClock();
  const { ownEtcd } = await ownEtcdOf(flags, { clock, log }, signal);
  const options = {
    dataDir: flags.dataDir,
    maxStoreBytes: wholeValue(flags.maxStoreSize),
    bindAddress: flags.bindAddress,
    securePort: Number(flags.securePort),
    ...(flags.advertiseAddress === undefined ? {} : { advertiseAddress: flags.advertiseAddress }),
    ...(flags.listenFd === undefined ? {} : { listenFds: [Number(flags.listenFd)] }),
    ...(flags.localPort === undefined ? {} : { localPort: Number(flags.localPort) }),
    serviceClusterIPRange: flags.serviceClusterIpRange,
    clusterCIDR: flags.clusterCidr,
    clusterDomain: flags.clusterDomain,
    ...ownEtcd?.settings, // what the servers before it say goes for all
    ...(ownEtcd === undefined ? {} : { ownEtcd }),
    leaderElect: flags.leaderElect ?? (ownEtcd ?? flags.etcdServers) !== undefined,
    ...etcdOf(flags),
    ...(flags.schedulerConfig === undefined ? {} : { schedulerConfig: flags.schedulerConfig }),
    ...(flags.cloudProvider === undefined
      ? {}
      : { cloud: { provider: flags.cloudProvider, config: flags.cloudConfig ?? '' } }),
    // One that joins has been given its token by the others.
    tokens: flags.join ? [] : (flags.token ?? [process.env['SKIFF_TOKEN'] ?? []].flat()).map(parseToken),
    extraNames: flags.tlsSan,
    certificateLifetimeMs: milliseconds(flags.certificateLifetime),
    authorityLifetimeMs: milliseconds(flags.authorityLifetime),
    signingDurationMs: milliseconds(flags.clusterSigningDuration),
    ...outsideOf(flags, milliseconds),
    ...(flags.ownNode === undefined ? {} : { ownNode: flags.ownNode }),
    ...(flags.controlPlaneEndpoint === undefined ? {} : { controlPlaneEndpoint: flags.controlPlaneEndpoint }),
  };
  void keepNotified(
    takeNotifyEnvironment(process.env),
    (limit) => answersWell(livenessUrl(flags), limit),
    { clock, exec, log },
    signal,
  );
  await runServer(options, { clock, log, signal });
}

/** Who besides the cluster itself says who somebody is, and what somebody may. */
function outsideOf(flags: ServerFlags, milliseconds: (text: string) => number) {
  const {
    anonymousAuth,
    authorizationWebhookConfigFile: authorizer,
    authenticationTokenWebhookConfigFile: knower,
  } = flags;
  const where = anonymousAuth === 'true' ? 'everywhere' : 'nowhere';
  return {
    ...(anonymousAuth === undefined ? {} : { anonymous: where as 'everywhere' | 'nowhere' }),
    ...(authorizer === undefined
      ? {}
      : {
          authorizationWebhook: {
            kubeconfig: authorizer,
            authorizedTtlMs: milliseconds(flags.authorizationWebhookCacheAuthorizedTtl),
            unauthorizedTtlMs: milliseconds(flags.authorizationWebhookCacheUnauthorizedTtl),
          },
        }),
    ...(knower === undefined
      ? {}
      : {
          authenticationWebhook: {
            kubeconfig: knower,
            ttlMs: milliseconds(flags.authenticationTokenWebhookCacheTtl),
          },
        }),
  };
}
