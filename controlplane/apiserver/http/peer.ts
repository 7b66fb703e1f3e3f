import { createHash, X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../exchange.ts';

export interface Peer {
  readonly peer?: PeerCertificate;
  readonly hasBadPeer?: boolean;
  readonly remoteAddress?: string;
}

/** Who is at the other end, as TLS has verified it. Computed once a connection. */
export function peerOf(socket: TLSSocket): Peer {
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const { remoteAddress } = socket;
  const made = { ...certificateOf(socket), ...(remoteAddress === undefined ? {} : { remoteAddress }) };
  peers.set(socket, made);
  return made;
}
const peers = new WeakMap<TLSSocket, Peer>();

function certificateOf(socket: TLSSocket): Peer {
  const certificate = socket.getPeerCertificate(true);
  if (certificate === undefined || Object.keys(certificate).length === 0) return {};
  if (!socket.authorized) return { hasBadPeer: true };
  const { CN = '', O = [] } = certificate.subject as { CN?: string | string[]; O?: string | string[] };
  return {
    peer: {
      commonName: listOf(CN)[0] ?? '',
      organizations: listOf(O),
      fingerprint: hex(certificate.fingerprint256),
      authority: keyHash(new X509Certificate(authorityOf(certificate).raw)),
      untilMs: Date.parse(certificate.valid_to),
    },
  };
}

/** The end of the chain, which signs itself. */
function authorityOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  let at = certificate;
  for (let depth = 0; depth < mostIssuers; depth++) {
    const next = at.issuerCertificate;
    if (next === undefined || next === at || next.fingerprint256 === at.fingerprint256) break;
    at = next;
  }
  return at;
}
const mostIssuers = 16;

/** SHA-256 of its public key: the same for an authority that was renewed. */
export function keyHash({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function hex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
