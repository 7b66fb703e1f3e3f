// Signatures of the cluster's public description: a JWS whose content is left out, as it stands beside it.
// Rule: "Authenticating with Bootstrap Tokens", "ConfigMap Signing"; RFC 7515, appendix F.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Token } from './token.ts';

/** Byte for byte what every other signer makes of the same: verifiers compare texts. */
export function signDetached(content: string, { id, secret }: Token): string {
  const header = base64url(JSON.stringify({ alg: 'HS256', kid: id }));
  const signature = createHmac('sha256', secret)
    .update(`${header}.${base64url(content)}`)
    .digest('base64url');
  return `${header}..${signature}`;
}

export function isSignedBy(token: Token, content: string, signature: string): boolean {
  const [expected, found] = [Buffer.from(signDetached(content, token)), Buffer.from(signature)];
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
