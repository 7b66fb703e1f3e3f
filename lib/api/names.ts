// Forms of names and their messages. Each function returns what is wrong, in upstream's words; nothing: it is right.
// Rule: apimachinery util/validation.

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const underscoredLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscored = `${underscoredLabel}(\\.${underscoredLabel})*`;
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const patterns = {
  label: whole(label),
  subdomain: whole(subdomain),
  underscored: whole(underscored),
  label1035: whole('[a-z]([-a-z0-9]*[a-z0-9])?'),
  qualified: whole(qualified),
  labelValue: whole(`(${qualified})?`),
};

const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const label1035Message =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const qualifiedMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export const maxLabelLength = 63;
export const maxSubdomainLength = 253;

/** What is wrong with a name; none: nothing. */
export type NameRule = (name: string) => readonly string[];

export function wrongDns1123Label(value: string): readonly string[] {
  const wrong = longer(value, maxLabelLength);
  if (patterns.label.test(value)) return wrong;
  // A subdomain that is no label gets the reason that helps.
  if (patterns.subdomain.test(value)) return [...wrong, 'must not contain dots'];
  return [...wrong, mismatch(labelMessage, label, 'my-name', '123-abc')];
}

export function wrongDns1123Subdomain(value: string): readonly string[] {
  const wrong = longer(value, maxSubdomainLength);
  return patterns.subdomain.test(value) ? wrong : [...wrong, mismatch(subdomainMessage, subdomain, 'example.com')];
}

/** A subdomain whose labels may hold underscores, as some records of DNS do. */
export function wrongDns1123SubdomainWithUnderscore(value: string): readonly string[] {
  const wrong = longer(value, maxSubdomainLength);
  const message = subdomainMessage.replace("'-' or '.'", "'-', '_' or '.'");
  return patterns.underscored.test(value) ? wrong : [...wrong, mismatch(message, underscored, 'example.com')];
}

/** `*.` and a subdomain. */
export function wrongWildcard(value: string): readonly string[] {
  const form = '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
  const text = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '${form}')`;
  const wrong = wrongDns1123Subdomain(value.slice(2)).length > 0 || !value.startsWith('*.');
  return wrong ? [text] : [];
}

export function wrongDns1035Label(value: string): readonly string[] {
  const wrong = longer(value, maxLabelLength);
  if (patterns.label1035.test(value)) return wrong;
  return [...wrong, mismatch(label1035Message, '[a-z]([-a-z0-9]*[a-z0-9])?', 'my-name', 'abc-123')];
}

/** `name` or `prefix/name`, as label keys, annotation keys and resource names are. */
export function wrongQualifiedName(value: string): readonly string[] {
  const parts = value.split('/');
  const wrong: string[] = [];
  if (parts.length > 2) {
    const form = mismatch(qualifiedMessage, qualified, 'MyName', 'my.name', '123-abc');
    return [`a qualified name ${form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  if (parts.length === 2) {
    if (parts[0] === '') wrong.push('prefix part must be non-empty');
    else wrong.push(...wrongDns1123Subdomain(parts[0]!).map((message) => `prefix part ${message}`));
  }
  const name = parts.at(-1)!;
  if (name === '') wrong.push('name part must be non-empty');
  else wrong.push(...longer(name, maxLabelLength).map((message) => `name part ${message}`));
  if (!patterns.qualified.test(name)) {
    wrong.push(`name part ${mismatch(qualifiedMessage, qualified, 'MyName', 'my.name', '123-abc')}`);
  }
  return wrong;
}

export const wrongLabelKey: NameRule = wrongQualifiedName;

export function wrongLabelValue(value: string): readonly string[] {
  const wrong = longer(value, maxLabelLength);
  if (patterns.labelValue.test(value)) return wrong;
  return [...wrong, mismatch(labelValueMessage, `(${qualified})?`, 'MyValue', 'my_value', '12345')];
}

/** What may stand between two slashes of a path: names of RBAC roles and the like. */
export function wrongPathSegment(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((text) => value.includes(text)).map((text) => `may not contain '${text}'`);
}

/** `domain/path`, as programs that manage things call themselves: what is wrong, and with which part of it. */
export function wrongDomainPath(value: string): readonly { readonly part: string; readonly message: string }[] {
  const [, domain = '', path = ''] = /^([^/]*)\/(.*)$/s.exec(value) ?? [];
  if (domain === '' || path === '') {
    return [{ part: value, message: 'must be a domain-prefixed path (such as "acme.io/foo")' }];
  }
  const wrong = wrongDns1123Subdomain(domain).map((message) => ({ part: domain, message }));
  if (whole(pathForm).test(path)) return wrong;
  return [...wrong, { part: path, message: mismatch('Invalid path', pathForm) }];
}
const pathForm = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** The message of a value that does not match `pattern`. (Two spaces before "or": that is how upstream has it.) */
export function mismatch(message: string, pattern: string, ...examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (${shown === '' ? '' : `e.g. ${shown}`}regex used for validation is '${pattern}')`;
}

function longer(value: string, most: number): readonly string[] {
  return Buffer.byteLength(value) > most ? [`must be no more than ${most} bytes`] : [];
}

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}
