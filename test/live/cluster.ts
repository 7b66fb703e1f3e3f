// The cluster that live tests share: brought up by test/run.ts, named by SKIFF_TEST_DATA.
import { type Connection, connect } from '#lib/client/connect.ts';
import { exec } from '#lib/exec.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';
import { layoutFor, readState } from '../../vagrant/lab/state.ts';

export interface TestCluster {
  readonly layout: LabLayout;
  readonly kubeconfig: string;
}

/** @throws {Error} if the tests were started without a cluster */
export function testCluster(): TestCluster {
  const dataDir = process.env['SKIFF_TEST_DATA'];
  const state = dataDir === undefined ? undefined : readState(dataDir);
  if (dataDir === undefined || state === undefined) {
    throw new Error(
      'These tests need a cluster: run them by `npm test`, or `./skiff up --isolated --data DIR --api-port 0` and set SKIFF_TEST_DATA=DIR',
    );
  }
  const layout = layoutFor({ ...state, dataDir });
  return { layout, kubeconfig: layout.kubeconfig };
}

export function connectToCluster(): Promise<Connection> {
  return connect(testCluster().kubeconfig, { userAgent: 'skiff-test' });
}

/** Runs a program in the network of node number `index`. */
export function onNode(index: number, words: readonly string[], signal = AbortSignal.timeout(30_000)) {
  const node = testCluster().layout.nodes[index]!;
  return exec('nsenter', [`--net=/run/netns/${node.networkNamespace}`, ...words], signal);
}

/** Runs a program with all namespaces of node number `index`. */
export function inNode(index: number, words: readonly string[], signal = AbortSignal.timeout(30_000)) {
  const node = testCluster().layout.nodes[index]!;
  const enter = [
    `--net=/run/netns/${node.networkNamespace}`,
    `--mount=${node.mountNamespace}`,
    `--uts=${node.utsNamespace}`,
  ];
  return exec('nsenter', [...enter, ...words], signal);
}

/** Asks again and again until `ask` gives something. @throws what the last try threw, after `timeoutMs` */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown = new Error('it never came to be');
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
