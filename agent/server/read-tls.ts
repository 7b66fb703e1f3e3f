import { readFile } from 'node:fs/promises';
import type { AgentOptions } from '../options.ts';

/** What the node serves with, and whose clients it believes. */
export async function readTls({ tlsCertFile, tlsPrivateKeyFile, clientCaFile }: AgentOptions) {
  const clientCa = await readFile(clientCaFile, 'utf8');
  if (tlsCertFile === undefined || tlsPrivateKeyFile === undefined) return { clientCa };
  const [cert, key] = await Promise.all([readFile(tlsCertFile, 'utf8'), readFile(tlsPrivateKeyFile, 'utf8')]);
  return { cert, key, clientCa };
}
