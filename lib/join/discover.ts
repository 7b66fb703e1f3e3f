import { request } from 'node:https';
import { ReasonError } from '#lib/errors.ts';
import { caHash, splitPem } from './ca-hash.ts';
import { type ClusterAddress, clusterInfoPath, kubeconfigKey, signaturePrefix } from './cluster-info.ts';
import { readClusterInfo } from './read-cluster-info.ts';
import { isSignedBy } from './signature.ts';
import type { Token } from './token.ts';

export interface Discovery {
  /** `https://host:port` of any API server of the cluster. */
  readonly server: string;
  readonly token: Token;
  /** `sha256:HEX` of the authority's public key. */
  readonly caHash: string;
}

/**
 * Finds the cluster behind `server` and makes sure that it is the one that is meant.
 *
 * The first question goes to whoever answers, and carries no secret. Its answer is believed only if the token has signed
 * it and the authority is the one that was named; the same must then come over a connection which that authority vouches for.
 * Rule: kubeadm join, "Token-based discovery with CA pinning".
 * @throws {ReasonError} Unauthorized if either does not hold; ServiceUnavailable if nobody answers
 */
export async function discoverCluster(discovery: Discovery, signal: AbortSignal): Promise<ClusterAddress> {
  const { server, token } = discovery;
  const first = await fetchClusterInfo(server, undefined, signal);
  const kubeconfig = signedText(first, token, server);
  const found = readClusterInfo(kubeconfig);
  const pinned = splitPem(found.ca).filter((pem) => caHash(pem) === discovery.caHash);
  if (pinned.length === 0) {
    throw new ReasonError(
      'Unauthorized',
      `The cluster at ${server} is not the one that was meant: its authority is ${hashesOf(found.ca)}, not ${discovery.caHash}`,
    );
  }
  const again = await fetchClusterInfo(server, found.ca, signal);
  if (again[kubeconfigKey] !== kubeconfig) {
    throw new ReasonError('Unauthorized', `The cluster at ${server} described itself differently when asked again`);
  }
  return found;
}

type Data = Readonly<Record<string, string | undefined>>;

function signedText(data: Data, token: Token, server: string): string {
  const [text, signature] = [data[kubeconfigKey], data[signaturePrefix + token.id]];
  if (text === undefined) {
    throw new ReasonError('Unauthorized', `The cluster at ${server} has no description that nodes could join by`);
  }
  if (signature === undefined) {
    throw new ReasonError(
      'Unauthorized',
      `The cluster at ${server} does not know the token ${token.id}: it is wrong or has expired (\`skiff token create\` makes another)`,
    );
  }
  if (!isSignedBy(token, text, signature)) {
    throw new ReasonError(
      'Unauthorized',
      `The cluster at ${server} knows a token ${token.id}, but with another secret: the token is wrong, or the cluster is`,
    );
  }
  return text;
}

function hashesOf(ca: string): string {
  return splitPem(ca).map(caHash).join(' or ') || 'none';
}

/** With `ca`: from nobody who cannot show a certificate by it. */
function fetchClusterInfo(server: string, ca: string | undefined, signal: AbortSignal): Promise<Data> {
  return new Promise((resolve, reject) => {
    const url = new URL(clusterInfoPath, server);
    const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
    const options = { ...trust, agent: false, signal, timeout: 10_000, minVersion: 'TLSv1.2' } as const;
    const asked = request(url, options, (answer) => {
      const pieces: Buffer[] = [];
      let size = 0;
      answer.on('error', fail);
      answer.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > mostBytes) asked.destroy(new Error('the answer is too long'));
        else pieces.push(piece);
      });
      answer.on('end', () => {
        try {
          resolve(dataOf(answer.statusCode ?? 0, Buffer.concat(pieces).toString()));
        } catch (error) {
          fail(error);
        }
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 10 s')));
    asked.on('error', fail);
    asked.end();

    function fail(error: unknown): void {
      const why = error instanceof Error ? error.message : String(error);
      reject(
        signal.aborted
          ? signal.reason
          : new ReasonError('ServiceUnavailable', `Cannot ask the API server at ${server}: ${why}`, { cause: error }),
      );
    }
  });
}
const mostBytes = 1 << 20;

function dataOf(status: number, text: string): Data {
  if (status !== 200) throw new Error(`it answered ${status} where a cluster describes itself`);
  const { data } = JSON.parse(text) as { readonly data?: Data };
  return data ?? {};
}
