import { execFileSync } from 'node:child_process';
import type { ImageFile, ImageRecipe } from './image.ts';

// The images of a lab that reaches no registry, made of Debian's static busybox and catatonit.

/** What every pod's sandbox runs: waits, and reaps what the pod's processes leave. */
export const pauseImage = 'skiff.local/pause:1';
/** A shell with the usual small tools, and a web server. */
export const toolsImage = 'skiff.local/tools:1';

const busybox = '/bin/busybox';
const catatonit = '/usr/bin/catatonit';

export function pauseRecipe(): ImageRecipe {
  return {
    name: pauseImage,
    files: [{ path: 'pause', from: catatonit, mode: 0o755 }],
    entrypoint: ['/pause', '-P'],
  };
}

export function toolsRecipe(): ImageRecipe {
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const folders: readonly ImageFile[] = ['bin', 'etc', 'proc', 'sys', 'dev', 'root', 'var', 'var/www'].map((path) => ({
    path,
    isDirectory: true,
    mode: 0o755,
  }));
  return {
    name: toolsImage,
    files: [
      ...folders,
      { path: 'tmp', isDirectory: true, mode: 0o1777 },
      { path: 'bin/busybox', from: busybox, mode: 0o755 },
      ...applets.filter((name) => name !== 'busybox').map((name) => ({ path: `bin/${name}`, linkTo: 'busybox' })),
      { path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n', mode: 0o644 },
      { path: 'etc/group', text: 'root:x:0:\nnogroup:x:65534:\n', mode: 0o644 },
    ],
    command: ['sh'],
  };
}
