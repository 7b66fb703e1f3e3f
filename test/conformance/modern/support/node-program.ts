// Containers that run this checkout's Node.js, seen through hostPath volumes: for what the small tools cannot do.
import { dirname } from 'node:path';
import type { Container, Volume } from '#lib/api/types/core.v1.ts';
import { image } from './node-space.ts';

/** A container that runs `program`, and the volumes that its pod needs for it. */
export function nodeProgram(
  program: string,
  rest: Partial<Container> = {},
): { readonly container: Container; readonly volumes: readonly Volume[] } {
  const paths = [dirname(process.execPath), '/lib', '/lib64', '/usr/lib'];
  const mounts = paths.map((path, at) => ({ name: `node${at}`, mountPath: path, readOnly: true }));
  return {
    container: {
      name: 'main',
      image,
      command: [process.execPath, '-e', program],
      ...rest,
      volumeMounts: [...mounts, ...(rest.volumeMounts ?? [])],
    },
    volumes: paths.map((path, at) => ({ name: `node${at}`, hostPath: { path } })),
  };
}
