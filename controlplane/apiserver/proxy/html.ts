// Links in pages that come through the proxy: those of the page's own host stay below the proxy's path.
// Rule: k8s.io/apimachinery pkg/util/proxy, Transport. Pure.

/** Attributes that hold a URL, by tag. */
const urlAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

export interface PageFacts {
  /** Path of the API below which the page's host is seen: `/api/v1/namespaces/n/pods/p/proxy`. */
  readonly base: string;
  readonly host: string;
  readonly port: number;
}

export function rewriteLinks(html: string, facts: PageFacts): string {
  return html.replaceAll(/<([a-zA-Z]+)(\s[^<>]*)>/g, (whole, tag: string, attributes: string) => {
    const names = urlAttributes[tag.toLowerCase()];
    if (names === undefined) return whole;
    const changed = attributes.replaceAll(
      /([a-zA-Z-]+)(\s*=\s*)("([^"]*)"|'([^']*)'|([^\s"'>]+))/g,
      (text, name: string, sign: string, _value, double?: string, single?: string, bare?: string) => {
        if (!names.includes(name.toLowerCase())) return text;
        const url = double ?? single ?? bare ?? '';
        return `${name}${sign}"${relocated(url, facts)}"`;
      },
    );
    return `<${tag}${changed}>`;
  });
}

/** A URL of the proxied host as it is reached through the proxy; any other one as it is. */
export function relocated(text: string, { base, host, port }: PageFacts): string {
  if (text.startsWith('/') && !text.startsWith('//')) return text.startsWith(`${base}/`) ? text : base + text;
  const url = URL.parse(text);
  if (url === null || url.hostname !== host || (url.port !== '' && Number(url.port) !== port)) return text;
  return `${base}${url.pathname}${url.search}${url.hash}`;
}
