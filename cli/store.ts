import type { Command } from 'commander';
import { addEtcdOptions, type EtcdFlags, etcdOf } from './etcd.ts';
import { live } from './life.ts';
import { addPlaceOptions, type OwnEtcdFlags, placeOf } from './own-etcd.ts';

interface StoreFlags extends EtcdFlags {
  readonly dataDir: string;
}

interface MigrateFlags extends StoreFlags, Omit<OwnEtcdFlags, 'securePort'> {
  readonly etcd?: boolean;
}

export function addStore(program: Command): void {
  const store = program.command('store').description('Save, restore and move what a control plane keeps.');
  const dataDir = ['--data-dir <folder>', "the server's folder", '/var/lib/skiff/server'] as const;
  addEtcdOptions(store.command('backup <file>'))
    .description('Save every object as it is at one moment; the server may run. The file holds all secrets.')
    .option(...dataDir)
    .action((file: string, flags: StoreFlags) => live((signal) => backup(file, flags, signal)));
  addEtcdOptions(store.command('restore <file>'))
    .description('Fill an empty store with what was saved, from either engine. No server may run.')
    .option(...dataDir)
    .action((file: string, flags: StoreFlags) => live((signal) => restore(file, flags, signal)));
  addPlaceOptions(addEtcdOptions(store.command('migrate')))
    .description('Move everything from the file in --data-dir to etcd, which must be empty. No server may run.')
    .option(...dataDir)
    .option('--etcd', 'to one that the server runs itself from then on, and that others can join')
    .option('--bind-address <ip>', 'with --etcd: as of the server', '0.0.0.0')
    .option('--advertise-address <ip>', 'with --etcd: as of the server')
    .option('--own-node <name>', 'with --etcd: as of the server')
    .action((flags: MigrateFlags) => live((signal) => migrate(flags, signal)));
}

async function backup(file: string, flags: StoreFlags, signal: AbortSignal): Promise<void> {
  const { saveBackup } = await import('./store-files.ts');
  await saveBackup(file, { ...flags, ...etcdOf(flags) }, signal);
  process.stdout.write(`Saved to ${file}\n`);
}

async function restore(file: string, flags: StoreFlags, signal: AbortSignal): Promise<void> {
  const { restoreBackup } = await import('./store-files.ts');
  const count = await restoreBackup(file, { ...flags, ...etcdOf(flags) }, signal);
  process.stdout.write(`Restored ${count} objects\n`);
}

async function migrate(flags: MigrateFlags, signal: AbortSignal): Promise<void> {
  const { etcd } = etcdOf(flags);
  if (etcd === undefined && !flags.etcd) throw new Error('Say where etcd is: --etcd-servers URL[,URL], or --etcd');
  const { migrateToEtcd, migrateToOwnEtcd } = await import('./store-files.ts');
  const { count, kept } =
    etcd === undefined
      ? await migrateToOwnEtcd(flags.dataDir, await placeOf({ ...flags, securePort: '6443' }), signal)
      : await migrateToEtcd(flags.dataDir, etcd, signal);
  process.stdout.write(`Moved ${count} objects to etcd; the file is kept as ${kept}\n`);
}
