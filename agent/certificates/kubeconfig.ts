import type { NodePaths } from './paths.ts';

/** The node's kubeconfig: it names files, so that certificates may be replaced beneath it. */
export function renderNodeKubeconfig({
  server,
  user,
  paths,
}: {
  readonly server: string;
  readonly user: string;
  readonly paths: Pick<NodePaths, 'ca' | 'pki'>;
}): string {
  const current = `${paths.pki}/kubelet-client-current.pem`;
  return `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: ${paths.ca}
    server: ${server}
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: ${JSON.stringify(user)}
  name: default-context
current-context: default-context
users:
- name: ${JSON.stringify(user)}
  user:
    client-certificate: ${current}
    client-key: ${current}
`;
}
