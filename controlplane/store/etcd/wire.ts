// Messages of etcd.proto as they come and go. 64-bit integers come as text: ids of leases use all 64 bits.

export interface KeyValue {
  readonly key: Buffer;
  readonly modRevision: string;
  readonly version: string;
  readonly value: Buffer;
}

export interface Header {
  readonly revision: string;
}

/** What etcd knows of one of its members. */
export interface Member {
  readonly ID: string;
  /** '' until it has started for the first time. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  /** Follows, and has no vote yet. */
  readonly isLearner: boolean;
}

export interface MemberList {
  readonly members: readonly Member[];
}

/** What a member knows by itself, asking nobody. */
export interface StatusResponse {
  /** '0' if it knows of none. */
  readonly leader: string;
  readonly raftTerm: string;
}

export interface RangeRequest {
  readonly key: Buffer;
  /** Absent: just the key. */
  readonly rangeEnd?: Buffer;
  readonly limit?: number;
  readonly revision?: number;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  /** Of all in the range, whatever the limit. */
  readonly count: string;
}

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export interface Compare {
  readonly result: typeof equal;
  readonly target: (typeof target)[keyof typeof target];
  readonly key: Buffer;
  readonly version?: number;
  readonly modRevision?: number;
  readonly value?: Buffer;
}
export const equal = 0;
export const target = { version: 0, modRevision: 2, value: 3 } as const;

export interface RequestOp {
  readonly requestRange?: RangeRequest;
  readonly requestPut?: { readonly key: Buffer; readonly value: Uint8Array; readonly lease?: string };
  readonly requestDeleteRange?: { readonly key: Buffer };
}

export interface TxnResponse {
  readonly header: Header;
  readonly succeeded: boolean;
  readonly responses: readonly { readonly responseRange?: RangeResponse }[];
}

export interface WatchEvent {
  /** 0: put, 1: delete. */
  readonly type: number;
  readonly kv: KeyValue;
  readonly prevKv: KeyValue | null;
}

export interface WatchResponse {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Above 0 where the revision to start from is compacted away. */
  readonly compactRevision: string;
  readonly cancelReason: string;
  readonly events: readonly WatchEvent[];
}
