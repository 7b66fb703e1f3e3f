/** How often each certificate was renewed, by what the logs say. */
export function countRenewals(logs: readonly (readonly [string, string])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [name, text] of logs) {
    const expected = name === 'server' ? ofServer : ofNode;
    for (const kind of expected) counts.set(`${name}: ${kind}`, 0);
    for (const line of text.split('\n')) {
      if (!line.includes('into use')) continue;
      const { kind, which } = JSON.parse(line) as { readonly kind?: string; readonly which?: readonly string[] };
      for (const one of which ?? [kind ?? '']) {
        const key = `${name}: ${one}`;
        if (counts.has(key)) counts.set(key, counts.get(key)! + 1);
      }
    }
  }
  return counts;
}
const ofServer = ['apiserver', 'kubeletClient', 'frontProxyClient', 'adminKubeconfig'];
const ofNode = ['kubelet-client', 'kubelet-server'];
