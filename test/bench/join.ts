import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodes, secrets } from '#lib/api/resources.ts';
import { type Connection, connect } from '#lib/client/connect.ts';
import { caHash } from '#lib/join/ca-hash.ts';
import { formatToken, generateToken, joinGroup, secretOf, tokenUsages } from '#lib/join/token.ts';
import { isReady } from '../../vagrant/lab/cluster.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { addMachine, type ExtraNode } from '../extra-node.ts';
import type { Row } from './figures.ts';

/** From the start of `skiff join` on a machine that has never been a node until it is a Ready one. */
export async function measureJoin(layout: LabLayout, runs: number): Promise<Row> {
  await using connection = await connect(layout.kubeconfig);
  await using machine = await addMachine(layout, AbortSignal.timeout(120_000));
  const values: number[] = [];
  for (let run = 0; run < runs; run++) {
    const words = await joinWords(layout, machine, connection);
    const fromMs = performance.now();
    machine.start(words);
    await readyNode(machine, connection);
    values.push(performance.now() - fromMs);
    await machine.stop();
    await connection.client.delete(nodes, { name: machine.node.name }, soon());
    for (const name of ['pki', 'kubeconfig', 'join.json']) {
      rmSync(join(machine.node.dir, 'kubelet', name), { recursive: true });
    }
  }
  return { name: 'skiff join: start to node Ready', unit: 'ms', values, atMost: 3000 };
}

async function joinWords(layout: LabLayout, { node }: ExtraNode, { client }: Connection): Promise<readonly string[]> {
  const token = generateToken();
  await client.create(secrets, secretOf({ token, usages: tokenUsages, groups: [joinGroup] }), soon());
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // the cluster's description bears its signature by then
  const hash = caHash(readFileSync(`${layout.serverDir}/pki/ca.crt`, 'utf8'));
  return [
    'join',
    `${layout.nodes[0]!.ip}:6443`,
    `--token=${formatToken(token)}`,
    `--ca-hash=${hash}`,
    `--node-name=${node.name}`,
    `--node-ip=${node.ip}`,
    `--cgroup-root=${node.cgroupRoot}`,
    `--container-runtime-endpoint=unix://${node.containerdSocket}`,
  ];
}

async function readyNode({ node: { name } }: ExtraNode, { client }: Connection): Promise<void> {
  for (const until = AbortSignal.timeout(60_000); ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    until.throwIfAborted();
    const node = await client.get(nodes, { name }, soon()).catch(() => undefined);
    if (node !== undefined && isReady(node)) return;
  }
}

function soon(): AbortSignal {
  return AbortSignal.timeout(10_000);
}
