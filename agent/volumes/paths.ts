// Where volumes are on this node: upstream's layout, which people, backup tools and CSI drivers know. Pure.

/** Kinds of volumes that live in the pod's directory, as upstream names their plugins in paths. */
export type Plugin = 'empty-dir' | 'configmap' | 'secret' | 'downward-api' | 'projected';

/** All that a pod has on this node; `root` is /var/lib/kubelet unless told. */
export function podDirectory(root: string, podUid: string): string {
  return `${podsDirectory(root)}/${podUid}`;
}

export function podsDirectory(root: string): string {
  return `${root}/pods`;
}

export function volumeDirectory(root: string, podUid: string, plugin: Plugin, volume: string): string {
  return `${podDirectory(root, podUid)}/volumes/kubernetes.io~${plugin}/${volume}`;
}

/** Parent of the images that are volumes of a pod. */
export function imagesDirectory(root: string, podUid: string): string {
  return `${podDirectory(root, podUid)}/volumes/kubernetes.io~image`;
}

/** Parent of the bind mounts that stand for sub paths of `volume`. */
export function subPathDirectory(root: string, podUid: string, volume: string): string {
  return `${podDirectory(root, podUid)}/volume-subpaths/${volume}`;
}

/** What a pod's uid must look like before it becomes part of a path. */
export function isSafeSegment(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name);
}
