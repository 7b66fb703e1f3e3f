// Keys of the port, which begin with /registry/, as they stand in etcd: under a prefix that can be chosen.

export interface Keys {
  out(key: string): Buffer;
  in(key: Buffer): string;
  /** Whether it is one of ours. */
  owns(key: Buffer): boolean;
}

export function createKeys(prefix: string): Keys {
  const base = prefix.startsWith('/') ? prefix.replace(/\/+$/, '') : `/${prefix.replace(/\/+$/, '')}`;
  const owned = Buffer.from(`${base}/`);
  return {
    out: (key) => Buffer.from(base + key.slice(root.length)),
    in: (key) => root + key.toString('utf8', base.length),
    owns: (key) => key.length >= owned.length && key.compare(owned, 0, owned.length, 0, owned.length) === 0,
  };
}
const root = '/registry';

/** The first key after all that begin with `prefix`. */
export function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}

/** As the end of a range: everything from its start on. */
export const everything = Buffer.from([0]);
