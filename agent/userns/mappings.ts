// What is kept of a pod's users beside its volumes, in upstream's form. Pure.
import type { Ids } from './ranges.ts';

export function renderMappings({ firstId, length }: Ids): string {
  const mappings = [{ hostId: firstId, containerId: 0, length }];
  return JSON.stringify({ uidMappings: mappings, gidMappings: mappings });
}

/** @throws {Error} in upstream's words, if it is nothing that the kubelet writes */
export function parseMappings(text: string): Ids {
  const { uidMappings: uids, gidMappings: gids } = parse(text);
  const [uid, gid] = [uids[0], gids[0]];
  if (uids.length !== 1 || uid === undefined) throw invalid('no more than one mapping allowed.');
  if (gids.length !== 1 || gid === undefined) throw invalid('GID and UID mappings should be identical.');
  if (uid.hostId !== gid.hostId || uid.containerId !== gid.containerId || uid.length !== gid.length) {
    throw invalid('GID and UID mapping should be identical');
  }
  if (uid.containerId !== 0) throw invalid('UID 0 must be mapped');
  return { firstId: uid.hostId, length: uid.length };
}

interface Mapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

function parse(text: string): { readonly uidMappings: readonly Mapping[]; readonly gidMappings: readonly Mapping[] } {
  try {
    const { uidMappings, gidMappings } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return { uidMappings: mappingsIn(uidMappings), gidMappings: mappingsIn(gidMappings) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`invalid user namespace mappings file: ${words}`, { cause: error });
  }
}

function mappingsIn(value: unknown): readonly Mapping[] {
  const all = (Array.isArray(value) ? value : []) as readonly Partial<Mapping>[];
  return all.map(({ hostId = 0, containerId = 0, length = 0 }) => {
    if (![hostId, containerId, length].every(Number.isSafeInteger)) throw new RangeError('ids are whole numbers');
    return { hostId, containerId, length };
  });
}

function invalid(why: string): Error {
  return new Error(`invalid user namespace configuration: ${why}`);
}
