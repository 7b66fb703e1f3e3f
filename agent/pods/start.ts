import type { SandboxStatus } from '#cri/runtime.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { PreparedVolumes } from '../volumes/volumes.ts';

/** One start of one container. */
export interface Start {
  readonly pod: Pod;
  readonly name: string;
  readonly attempt: number;
  readonly sandbox: SandboxStatus;
  readonly volumes: PreparedVolumes;
}
