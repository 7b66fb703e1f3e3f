import type { KeyPair } from './certificate.ts';

export interface KubeconfigFacts {
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the cluster's authority. */
  readonly ca: string;
  readonly user: string;
  readonly pair: KeyPair;
  readonly cluster?: string;
}

/** A kubeconfig with everything embedded, in the form that kubeadm writes. */
export function renderKubeconfig({ server, ca, user, pair, cluster = 'skiff' }: KubeconfigFacts): string {
  const context = `${user}@${cluster}`;
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(ca)}
    server: ${server}
  name: ${cluster}
contexts:
- context:
    cluster: ${cluster}
    user: ${quoted(user)}
  name: ${quoted(context)}
current-context: ${quoted(context)}
kind: Config
preferences: {}
users:
- name: ${quoted(user)}
  user:
    client-certificate-data: ${base64(pair.cert)}
    client-key-data: ${base64(pair.key)}
`;
}

/**
 * `fresh` in what somebody has made of an older one (`kubectl config set-context` writes into it): only what must be new
 * is replaced. All of it, if that is not there exactly once.
 */
export function renewKubeconfig(known: string | undefined, fresh: string): string {
  let text = known ?? '';
  for (const field of renewed) {
    const line = new RegExp(`^(\\s*${field}: ).*$`, 'gm');
    const [wanted] = fresh.match(line) ?? [];
    if (wanted === undefined || text.match(line)?.length !== 1) return fresh;
    const value = wanted.slice(wanted.indexOf(': ') + 2);
    text = text.replace(line, (_all, start: string) => start + value);
  }
  return text;
}
const renewed = ['certificate-authority-data', 'server', 'client-certificate-data', 'client-key-data'];

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** JSON strings are YAML: names with colons need it. */
function quoted(text: string): string {
  return /^[A-Za-z][\w@-]*$/.test(text) ? text : JSON.stringify(text);
}
