import { readText, writeText } from '#lib/pki/files.ts';
import type { AgentOptions } from '../options.ts';
import { pathsOf } from './paths.ts';

/** What `skiff join` leaves for every later start of the agent. */
export type JoinedOptions = Pick<
  AgentOptions,
  | 'nodeName'
  | 'nodeIp'
  | 'kubeconfig'
  | 'clientCaFile'
  | 'runtimeEndpoint'
  | 'cgroupRoot'
  | 'manifestPath'
  | 'clusterCidr'
  | 'serviceCidr'
  | 'clusterDns'
  | 'clusterDomain'
>;

/** Nothing on a machine that has not joined. @throws {SyntaxError} if the file is damaged */
export async function readJoined(rootDir: string): Promise<Partial<JoinedOptions>> {
  const text = await readText(pathsOf(rootDir).options);
  return text === undefined ? {} : JSON.parse(text);
}

export async function writeJoined(rootDir: string, options: JoinedOptions): Promise<void> {
  await writeText(pathsOf(rootDir).options, `${JSON.stringify(options, undefined, 2)}\n`);
}
