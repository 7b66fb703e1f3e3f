import { join } from 'node:path';

export interface NodePaths {
  readonly pki: string;
  /** The cluster's authority. */
  readonly ca: string;
  readonly kubeconfig: string;
  /** What `skiff join` was told and found out: options of `skiff agent`. */
  readonly options: string;
}

/** Where a node that has joined keeps what it got. */
export function pathsOf(rootDir: string): NodePaths {
  const pki = join(rootDir, 'pki');
  return { pki, ca: join(pki, 'ca.crt'), kubeconfig: join(rootDir, 'kubeconfig'), options: join(rootDir, 'join.json') };
}
