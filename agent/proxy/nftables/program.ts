import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/**
 * nft, by its place: under npm, which puts the programs of packages before those of the system, the bare name may find
 * a file tracer that is called the same.
 */
export const nft = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft'].find((path) => existsSync(path)) ?? 'nft';

/** @throws {Error} where there is none: nothing of a Service would ever be written */
export function checkNft(): void {
  if (!isAbsolute(nft))
    throw new Error("The proxy's nftables mode needs nft: install it with `apt-get install nftables`");
}
