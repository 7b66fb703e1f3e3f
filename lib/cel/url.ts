import type { Environment } from '@marcbachmann/cel-js';

class Url {
  readonly url: URL;
  readonly text: string;

  constructor(url: URL, text: string) {
    this.url = url;
    this.text = text;
  }
}

/** Rule: k8s.io/apiserver pkg/cel/library, urls: absolute ones, and paths that begin with a slash. */
export function addUrlFunctions(environment: Environment): void {
  const type = 'kubernetes.URL';
  environment
    .registerType(type, { ctor: Url, fields: {} })
    .registerFunction(`url(string): ${type}`, (text: string) => {
      const url = parse(text);
      if (url === undefined) throw new Error(`URL parse error during conversion from string: ${JSON.stringify(text)}`);
      return new Url(url, text);
    })
    .registerFunction('isURL(string): bool', (text: string) => parse(text) !== undefined)
    .registerFunction(`${type}.getScheme(): string`, (one: Url) => (isPath(one) ? '' : one.url.protocol.slice(0, -1)))
    .registerFunction(`${type}.getHost(): string`, (one: Url) => (isPath(one) ? '' : hostOf(one)))
    .registerFunction(`${type}.getHostname(): string`, (one: Url) =>
      isPath(one) ? '' : one.url.hostname.replace(/^\[(.*)\]$/, '$1'),
    )
    .registerFunction(`${type}.getPort(): string`, (one: Url) => (isPath(one) ? '' : portOf(one)))
    .registerFunction(`${type}.getEscapedPath(): string`, ({ text, url }: Url) => {
      return url.pathname === '/' && !/^[^/]*\/\/[^/?#]*\//.test(text) && !text.startsWith('/') ? '' : url.pathname;
    })
    .registerFunction(`${type}.getQuery(): map<string, list<string>>`, ({ url }: Url) => {
      return new Map([...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key)]));
    });
}

function parse(text: string): URL | undefined {
  return (text.startsWith('/') ? URL.parse(text, 'path:/') : URL.parse(text)) ?? undefined;
}

function isPath({ text }: Url): boolean {
  return text.startsWith('/');
}

/** As written: a port that goes without saying counts, too. */
function portOf({ text, url }: Url): string {
  return /^[a-z][^:]*:\/\/[^/?#]*?:(\d+)(?:[/?#]|$)/i.exec(text)?.[1] ?? url.port;
}

function hostOf(one: Url): string {
  const port = portOf(one);
  return port === '' ? one.url.hostname : `${one.url.hostname}:${port}`;
}
