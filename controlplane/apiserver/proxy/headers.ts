type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The headers of a request as they go on: nothing of one hop, nothing that shows who the caller is to us. */
export function headersOnward(headers: Headers, isUpgrade: boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || isPrivate(name)) continue;
    if (hopByHop.has(name) && !(isUpgrade && (name === 'connection' || name === 'upgrade'))) continue;
    const text = Array.isArray(value) ? value.join(', ') : String(value);
    kept[name] = name === 'sec-websocket-protocol' ? withoutToken(text) : text;
  }
  return kept;
}

/** The headers of an answer as they go back: HTTP/2 has none of one hop. */
export function headersBack(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name)) continue;
    kept[name] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return kept;
}

/** A browser's token travels as a subprotocol: it is for us alone. */
function withoutToken(protocols: string): string {
  const names = protocols.split(',').map((name) => name.trim());
  return names.filter((name) => !name.startsWith('base64url.bearer.authorization.k8s.io.')).join(', ');
}

/** Who the caller is, or says to be: the other end believes us. */
function isPrivate(name: string): boolean {
  return name === 'authorization' || name === 'host' || name.startsWith('impersonate-') || name.startsWith('x-remote-');
}
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
