import { existsSync } from 'node:fs';

/** The kubeconfig by which a command speaks to the cluster. @throws {Error} if there is none */
export async function adminConfig(told: string | undefined): Promise<string> {
  if (told !== undefined) return told;
  const fromShell = process.env['KUBECONFIG']?.split(':').find((path) => path !== '');
  if (fromShell !== undefined) return fromShell;
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error('No kubeconfig was found: name one by --kubeconfig, or in the environment as KUBECONFIG');
}

const places = ['/var/lib/skiff/server/admin.conf', '/var/lib/skiff/kubeconfig', `${process.env['HOME']}/.kube/config`];
