// JSON Web Tokens, RS256 only. Node's own crypto does it in a few lines and 16 MB less than a library.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

export interface SigningKeys {
  /** PEM. */
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface Jwt {
  /** The token for `claims`. */
  sign(claims: object): string;
  /** The claims of `token` if this key has signed it; undefined for anything else. Says nothing of time, issuer, audience. */
  verify(token: string): Readonly<Record<string, unknown>> | undefined;
  /** The public key as a JSON Web Key Set. */
  readonly keySet: object;
}

export function createJwt({ privateKey, publicKey }: SigningKeys): Jwt {
  const signer = createPrivateKey(privateKey);
  const verifier = createPublicKey(publicKey);
  const kid = keyId(verifier);
  const head = encode({ alg: 'RS256', kid });
  return {
    sign(claims) {
      const text = `${head}.${encode(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), signer).toString('base64url')}`;
    },
    verify(token) {
      const [header, body, signature, ...rest] = token.split('.');
      if (header === undefined || body === undefined || signature === undefined || rest.length > 0) return undefined;
      if (decode(header)?.['alg'] !== 'RS256') return undefined; // never what the token itself asks for
      const text = Buffer.from(`${header}.${body}`);
      if (!verify('sha256', text, verifier, Buffer.from(signature, 'base64url'))) return undefined;
      return decode(body);
    },
    keySet: { keys: [{ use: 'sig', kty: 'RSA', kid, alg: 'RS256', ...publicNumbers(verifier) }] },
  };
}

/** Rule: upstream derives the id from the key itself: SHA-256 of its DER form. */
function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

function publicNumbers(key: KeyObject): object {
  const { n, e } = key.export({ format: 'jwk' });
  return { n, e };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
