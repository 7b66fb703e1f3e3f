import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { load } from 'js-yaml';
import type { Credentials } from './dial.ts';

/** How to reach one cluster as one user. Files are not read here but each time `credentials` or `token` is called. */
export interface Access {
  readonly server: string;
  readonly serverName?: string;
  readonly namespace: string;
  /** Where the client certificate lies, if it is named by its file. */
  readonly certificateFile?: string;
  credentials(): Promise<Credentials>;
  token(): Promise<string | undefined>;
}

/**
 * The access that the kubeconfig at `path` describes, in its current context or in the one named.
 * Understood: CA, client certificate and key, token; each as data or as a file.
 * @throws {TypeError} if something that is named is not there, or if it would mean not to check the server's certificate
 */
export async function readKubeconfig(path: string, contextName?: string): Promise<Access> {
  const config = (load(await readFile(path, 'utf8')) ?? {}) as Kubeconfig;
  const name = contextName ?? config['current-context'] ?? '';
  const context = named(config.contexts, name, 'context', path).context;
  const { cluster } = named(config.clusters, context.cluster, 'cluster', path);
  const user = context.user ? named(config.users, context.user, 'user', path).user : {};
  if (cluster['insecure-skip-tls-verify']) {
    throw new TypeError(`Cannot use the cluster ${context.cluster} of ${path}: its certificate would not be checked`);
  }
  const inFolder = (file: string) => resolve(dirname(path), file);
  return {
    server: cluster.server,
    namespace: context.namespace ?? 'default',
    ...(cluster['tls-server-name'] === undefined ? {} : { serverName: cluster['tls-server-name'] }),
    ...(user['client-certificate'] && !user['client-certificate-data']
      ? { certificateFile: inFolder(user['client-certificate']) }
      : {}),
    async credentials() {
      const [ca, cert, key] = await Promise.all([
        pemOf(cluster['certificate-authority-data'], cluster['certificate-authority'], inFolder),
        pemOf(user['client-certificate-data'], user['client-certificate'], inFolder),
        pemOf(user['client-key-data'], user['client-key'], inFolder),
      ]);
      return { ca, cert, key };
    },
    async token() {
      if (user.token) return user.token;
      return user.tokenFile === undefined ? undefined : (await readFile(inFolder(user.tokenFile), 'utf8')).trim();
    },
  };
}

/** Rule: client-go, api/v1 Config. */
interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { name: string; context: { cluster: string; user?: string; namespace?: string } }[];
  readonly clusters?: readonly { name: string; cluster: Cluster }[];
  readonly users?: readonly { name: string; user: User }[];
}

interface Cluster {
  readonly server: string;
  readonly 'tls-server-name'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
}

interface User {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

function named<T extends { readonly name: string }>(
  entries: readonly T[] | undefined,
  name: string,
  what: string,
  path: string,
): T {
  const entry = entries?.find((entry) => entry.name === name);
  if (entry === undefined) throw new TypeError(`Cannot use ${path}: it has no ${what} named "${name}"`);
  return entry;
}

async function pemOf(
  data: string | undefined,
  file: string | undefined,
  inFolder: (file: string) => string,
): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return file ? await readFile(inFolder(file), 'utf8') : undefined;
}
