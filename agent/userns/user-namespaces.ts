// Who the users of pods are on the node: with `hostUsers: false` a pod's root is nobody there, and nobody in other pods.
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import type { UserNamespace } from '#cri/config.ts';
import type { RuntimeHandler } from '#cri/runtime.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Exec } from '#lib/exec.ts';
import { kubeletIds } from './kubelet-ids.ts';
import { parseMappings, renderMappings } from './mappings.ts';
import { type Ids, UserRanges, unitLength } from './ranges.ts';

export interface UserNamespaces {
  /** Its users, as the runtime is told: the same ones for as long as the pod is here. The pod's directory must be there. */
  of(pod: Pod): Promise<UserNamespace>;
  /** Its users may be another pod's from now on: nothing of it runs, and its directory is gone. A repeat is fine. */
  release(podUid: string): void;
}

export interface UserNamespacesOptions {
  /** Where pods have their directories: /var/lib/kubelet/pods. What each was given lies there, as upstream has it. */
  readonly podsDir: string;
  readonly maxPods: number;
  /** 65,536 unless told. */
  readonly idsPerPod?: number | undefined;
  readonly exec: Exec;
}

/** @throws {Error} if the node's ids are of no use, or what a pod was given cannot be told: another one might get it, too */
export async function openUserNamespaces(
  { podsDir, maxPods, idsPerPod = unitLength, exec }: UserNamespacesOptions,
  signal: AbortSignal,
): Promise<UserNamespaces> {
  const ranges = new UserRanges(await kubeletIds(idsPerPod, maxPods, exec, signal), idsPerPod, maxPods);
  for (const podUid of await readdir(podsDir).catch(() => [])) {
    try {
      const text = await readFile(`${podsDir}/${podUid}/${fileName}`, 'utf8').catch(orAbsent);
      if (text !== undefined) ranges.record(podUid, parseMappings(text));
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new Error(`record pod mappings for existing pod "${podUid}": ${words}`, { cause: error });
    }
  }

  return {
    async of({ metadata, spec }) {
      if (spec.hostUsers !== false) return { mode: 'NODE', uids: [], gids: [] };
      const { uid = '' } = metadata;
      const known = ranges.of(uid);
      const ids = known ?? ranges.take(uid);
      try {
        if (known === undefined) await keep(`${podsDir}/${uid}`, renderMappings(ids));
      } catch (error) {
        ranges.release(uid);
        const words = error instanceof Error ? error.message : String(error);
        throw new Error(`create user namespace: ${words}`, { cause: error });
      }
      return namespaceOf(ids);
    },
    release: (podUid) => ranges.release(podUid),
  };
}
const fileName = 'userns';

/** Whole or not at all, and on disk: after a power cut, too, nobody else may get these. */
async function keep(directory: string, text: string): Promise<void> {
  const fresh = `${directory}/.${fileName}.new`;
  try {
    await using file = await open(fresh, 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(fresh, `${directory}/${fileName}`);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  await using folder = await open(directory, 'r');
  await folder.sync();
}

function namespaceOf({ firstId, length }: Ids): UserNamespace {
  const mappings = [{ hostId: firstId, containerId: 0, length }];
  return { mode: 'POD', uids: mappings, gids: mappings };
}

/**
 * Why a pod of `handler` cannot have users of its own; `undefined` if it can. Words are upstream's: for a runtime before
 * containerd 2.0, which tells of no handlers, too.
 */
export function usersRefusal(handlers: readonly RuntimeHandler[], handler: string): string | undefined {
  const known = handlers.find(({ name }) => name === handler);
  if (known?.userNamespaces) return undefined;
  const who = handler === '' ? 'runtime' : `RuntimeClass handler "${handler}"`;
  const why = known === undefined ? `: the handler "${handler}" is not known` : '';
  return `can't set \`spec.hostUsers: false\`, ${who} does not support user namespaces${why}`;
}

function orAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
