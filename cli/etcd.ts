// Options that say where etcd is: of `skiff server`, and of what works on the store while no server runs.
import type { Command } from 'commander';
import type { EtcdLocation } from '../controlplane/options.ts';

export interface EtcdFlags {
  readonly etcdServers?: string;
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
  readonly etcdPrefix: string;
  readonly etcdStorageVersions?: string;
}

export function addEtcdOptions(command: Command): Command {
  return command
    .option('--etcd-servers <urls>', 'keep objects in etcd: URLs of its members, separated by commas')
    .option('--etcd-cafile <file>', 'whom to believe to be etcd')
    .option('--etcd-certfile <file>', 'certificate that etcd asks for')
    .option('--etcd-keyfile <file>', 'its key')
    .option('--etcd-prefix <path>', 'what stands before every key in etcd', '/registry')
    .option('--etcd-storage-versions <list>', 'what an older kube-apiserver is to read: cronjobs.batch=v1beta1,...');
}

/** Where etcd is, if it is to be used. */
export function etcdOf(flags: EtcdFlags): { readonly etcd?: EtcdLocation } {
  if (flags.etcdServers === undefined) return {};
  const versions = (flags.etcdStorageVersions ?? '').split(',').filter((one) => one !== '');
  return {
    etcd: {
      servers: flags.etcdServers.split(','),
      prefix: flags.etcdPrefix,
      storageVersions: Object.fromEntries(versions.map((one) => one.split('='))),
      ...(flags.etcdCafile === undefined ? {} : { caFile: flags.etcdCafile }),
      ...(flags.etcdCertfile === undefined ? {} : { certFile: flags.etcdCertfile }),
      ...(flags.etcdKeyfile === undefined ? {} : { keyFile: flags.etcdKeyfile }),
    },
  };
}
