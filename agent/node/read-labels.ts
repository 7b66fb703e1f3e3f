// Labels that people give to a node on the command line. Pure. Rule: kubelet's --node-labels.

/** Those of `KEY=VALUE,KEY=VALUE`. @throws {Error} that names what is no label, or may not be given here */
export function readLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [, key, value] = form.exec(pair.trim()) ?? [];
    if (key === undefined || value === undefined) throw new Error(`--node-labels: "${pair}" is not KEY=VALUE`);
    labels[key] = value;
  }
  const refused = Object.keys(labels).filter((key) => !mayBeGiven(key));
  if (refused.length === 0) return labels;
  const prefixes = `must begin with an allowed prefix (${folders.join(', ')})`;
  throw new Error(
    `unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${refused.sort().join(' ')}]; --node-labels in the 'kubernetes.io' namespace ${prefixes} or be in the specifically allowed set (${own.join(', ')})`,
  );
}
const name = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
const form = new RegExp(`^((?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?${name})=((?:${name})?)$`);

function mayBeGiven(key: string): boolean {
  const [folder = '', rest] = key.split('/');
  const isReserved = rest !== undefined && /(^|\.)(kubernetes\.io|k8s\.io)$/.test(folder);
  return !isReserved || own.includes(key) || folders.some((one) => folder === one || folder.endsWith(`.${one}`));
}
const folders: readonly string[] = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const own: readonly string[] = [
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
];
