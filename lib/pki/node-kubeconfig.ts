/** A node's kubeconfig: it names files below its own folder, so that certificates may be replaced beneath it. */
export function renderNodeKubeconfig({ server, user }: { readonly server: string; readonly user: string }): string {
  return `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: pki/ca.crt
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
    client-certificate: pki/kubelet-client-current.pem
    client-key: pki/kubelet-client-current.pem
`;
}
