import { existsSync } from 'node:fs';

/**
 * nft, by its place: under npm, which puts the programs of packages before those of the system, the bare name may find
 * a file tracer that is called the same.
 */
export const nft = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft'].find((path) => existsSync(path)) ?? 'nft';
