import type { Lab } from './lab.ts';
import { enter } from './node.ts';
import type { WorkloadImage } from './workload.ts';

/** A small public web server, pulled by the first node's containerd if a registry can be reached within a few seconds. */
export async function pullWorkloadImage(lab: Lab): Promise<WorkloadImage | undefined> {
  const node = lab.layout.nodes[0]!;
  const words = [...enter(node), 'ctr', '-n', 'k8s.io', 'images', 'pull', `docker.io/library/${publicImage}`];
  try {
    await lab.exec('nsenter', words, lab.signal, { timeoutMs: patienceMs });
    return { name: publicImage };
  } catch {
    lab.signal.throwIfAborted();
    return undefined; // no registry: the image that the lab built itself serves as well
  }
}
const publicImage = 'nginx:stable-alpine';
const patienceMs = 60_000;
