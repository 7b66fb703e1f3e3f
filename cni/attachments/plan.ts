// Pods' links and addresses on this node, as the runtime's CNI library noted them, against what is there.

/** What was noted of one pod's attachment to our network. */
export interface Attachment {
  readonly containerId: string;
  /** The link's end on the node; none once it was found gone. */
  readonly links: readonly string[];
  /** When it was noted. */
  readonly atMs: number;
}

/** An address out of this node's range that somebody holds. */
export interface Lease {
  readonly address: string;
  readonly containerId: string;
  readonly atMs: number;
}

export interface NodeLink {
  readonly name: string;
  readonly master?: string | undefined;
}

/** Links of pods that have fallen off the bridge: it was deleted under them. Rule: the bridge plugin's own settings. */
export function planReattach(attachments: readonly Attachment[], links: readonly NodeLink[], bridge: string) {
  if (!links.some(({ name }) => name === bridge)) return { ip: [], bridge: [] };
  const names = new Set(attachments.flatMap((one) => one.links));
  const loose = links.filter(({ name, master }) => names.has(name) && master === undefined).map(({ name }) => name);
  return {
    ip: loose.map((name) => `link set dev ${name} master ${bridge} up`),
    bridge: loose.map((name) => `link set dev ${name} hairpin on`),
  };
}

export interface Leaks {
  readonly leases: readonly Lease[];
  readonly attachments: readonly Attachment[];
}

/**
 * What belongs to no sandbox any more. Young ones are left: the runtime notes them before it shows the sandbox.
 */
export function findLeaks({ leases, attachments }: Leaks, sandboxIds: ReadonlySet<string>, nowMs: number): Leaks {
  const isLeaked = ({ containerId, atMs }: { readonly containerId: string; readonly atMs: number }): boolean =>
    !sandboxIds.has(containerId) && nowMs - atMs > youngMs;
  return { leases: leases.filter(isLeaked), attachments: attachments.filter(isLeaked) };
}
const youngMs = 120_000;
