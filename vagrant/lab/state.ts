import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type LabLayout, type LabOptions, layoutOf } from './layout.ts';
import type { ProcessId } from './processes.ts';

/** What a lab keeps of itself, so that a second `up`, a `status` and a `down` find it, after a crash too. */
export interface LabState {
  readonly nodeCount: number;
  readonly isolated: boolean;
  readonly apiPort: number;
  readonly segmentCount: number;
  readonly dualStack: boolean;
  readonly proxyMode?: string | undefined;
  readonly podNetwork?: string | undefined;
  readonly runtimeHandlers: readonly string[];
  readonly containerdDir?: string | undefined;
  readonly certificateLifetime?: string | undefined;
  readonly etcd?: boolean | undefined;
  /** By name: server, node1/containerd, node1/agent. */
  readonly processes: Readonly<Record<string, ProcessId>>;
  /** Folders outside the data folder that were not there before: `down` takes them away if they are empty. */
  readonly madeDirs: readonly string[];
  readonly startedAt: string;
}

export function readState(dataDir: string): LabState | undefined {
  const file = `${dataDir}/lab.json`;
  if (!existsSync(file)) return undefined;
  try {
    return { segmentCount: 1, dualStack: false, ...JSON.parse(readFileSync(file, 'utf8')) };
  } catch (error) {
    throw new Error(`Cannot read ${file}: it is damaged; \`skiff down --data ${dataDir}\` clears the lab`, {
      cause: error,
    });
  }
}

export function writeState(layout: LabLayout, state: LabState): void {
  mkdirSync(dirname(layout.stateFile), { recursive: true });
  writeFileSync(`${layout.stateFile}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${layout.stateFile}.new`, layout.stateFile);
}

export function layoutFor(options: LabOptions): LabLayout {
  return layoutOf(options, createHash('sha256').update(options.dataDir).digest('hex').slice(0, 4));
}
