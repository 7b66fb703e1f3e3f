import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { connectAsAdmin } from './admin.ts';
import { GaveUp, type Lab, serverFlags, skiffCommand, tailOf, until } from './lab.ts';
import type { LabLayout } from './layout.ts';
import { isAlive } from './processes.ts';

/**
 * Starts the control plane on the first node, if it does not run, and waits until it is ready.
 *
 * It listens in that node's network, and also on 127.0.0.1 of the host: that socket is opened here and handed over, so
 * that no packet of the host ever has to find its way into the lab.
 */
export async function ensureControlPlane(lab: Lab): Promise<void> {
  const { layout } = lab;
  const node = layout.nodes[0]!;
  const logFile = `${layout.logDir}/server.log`;
  if (!isAlive(lab.state().processes['server'])) {
    const door = await openDoor(layout.apiPort);
    try {
      const words = [
        'server',
        `--data-dir=${layout.serverDir}`,
        `--bind-address=${node.ip}`,
        `--advertise-address=${node.ip}`,
        '--listen-fd=3',
        `--local-port=${layout.apiPort}`,
        `--service-cluster-ip-range=${layout.serviceCidr}`,
        `--cluster-cidr=${layout.podCidr}`,
        `--cluster-domain=${layout.clusterDomain}`,
        `--own-node=${node.name}`,
        '--cloud-provider=lab',
        `--cloud-config=${writeMachines(layout)}`,
        ...lifetimesOf(layout),
        ...(layout.etcd ? ['--etcd'] : []),
      ];
      const [file, ...args] = [
        'nsenter',
        `--net=/run/netns/${node.networkNamespace}`,
        ...skiffCommand(words, serverFlags),
      ];
      lab.ensureProcess('server', () => ({ file: file!, args, logFile, fds: [fdOf(door)] }));
    } finally {
      door.close();
    }
  }
  const admin = `${layout.serverDir}/admin.conf`;
  await until(lab, 'the API server', 30_000, async (signal) => {
    if (!isAlive(lab.state().processes['server'])) {
      throw new GaveUp(`the control plane ended; its last words:\n${tailOf(logFile)}`);
    }
    if (!existsSync(admin)) return undefined;
    linkTo(admin, layout.kubeconfig);
    await using connection = await connectAsAdmin(layout);
    return (await connection.client.raw('GET', '/readyz', signal)) === 'ok' ? true : undefined;
  });
}

function lifetimesOf({ certificateLifetime }: LabLayout): readonly string[] {
  if (certificateLifetime === undefined) return [];
  return [`--certificate-lifetime=${certificateLifetime}`, `--cluster-signing-duration=${certificateLifetime}`];
}

/** Tells the control plane which machines there are: a node whose namespace is gone is removed. */
function writeMachines({ dataDir, id, nodes }: LabLayout): string {
  const machines = nodes.map(({ name, ips, networkNamespace }) => ({
    name,
    addresses: [...ips.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: name }],
    namespace: `/run/netns/${networkNamespace}`,
  }));
  const file = `${dataDir}/machines.json`;
  writeFileSync(file, `${JSON.stringify({ id, machines }, null, 1)}\n`);
  return file;
}

/** A link: the server renews what it leads to. */
function linkTo(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

/** A listening socket of the host, to be handed over. */
export async function openDoor(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'something listens there already' : error.message;
      reject(new Error(`Cannot listen on 127.0.0.1:${port}: ${why}. Choose another port with --api-port`));
    });
    server.listen({ host: '127.0.0.1', port, backlog: 511 }, resolve);
  });
  return server;
}

export function fdOf(server: Server): number {
  return (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}
