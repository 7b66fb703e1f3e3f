// A spec of v1.37, as an ava test with its codename for a title and a namespace of its own.
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { Draft, KubeObject, Resource } from '#lib/api/resource.ts';
import { namespaces } from '#lib/api/resources.ts';
import type { At, Client } from '#lib/client/client.ts';
import type { Connection } from '#lib/client/connect.ts';
import { connectToCluster, eventually } from '../../../live/cluster.ts';
import { isSerial } from '../../spec.ts';

export interface Case {
  readonly t: ExecutionContext;
  readonly connection: Connection;
  readonly client: Client;
  /** Made for this spec, with its default service account; deleted with all in it when the spec is through. */
  readonly namespace: string;
  /** Unlike any other spec's: for labels, and for names of what has no namespace. */
  readonly id: string;
  /** Aborts when the spec has had its time. */
  readonly signal: AbortSignal;
  at(name: string): At;
  /** Creates in the spec's namespace. */
  create<T extends KubeObject>(resource: Resource<T>, draft: Draft<T>): Promise<T>;
  /** The object once it `is` so. */
  when<T>(resource: Resource<T>, name: string, what: string, is: (object: T) => boolean, ms?: number): Promise<T>;
  /** Something to be undone whatever comes; the last one first. */
  defer(undo: () => Promise<unknown>): void;
}

/** Registers the spec `codename`. Those that are serial run one by one, before the others of the file. */
export function spec(codename: string, body: (c: Case) => Promise<void>, { minutes = 5 } = {}): void {
  (isSerial(codename) ? test.serial : test)(codename, async (t) => {
    await turn();
    t.timeout((minutes + 1) * 60_000); // only from now on: the file's others went first
    try {
      await runSpec(t, body, minutes * 60_000);
    } finally {
      done();
    }
  });
}

async function runSpec(t: ExecutionContext, body: (c: Case) => Promise<void>, limitMs: number): Promise<void> {
  await using connection = await connectToCluster();
  const { client } = connection;
  const signal = AbortSignal.timeout(limitMs);
  const id = randomBytes(4).toString('hex');
  const undoes: (() => Promise<unknown>)[] = [];
  const { metadata } = await client.create(namespaces, { metadata: { name: `modern-${id}` } }, signal);
  const namespace = metadata.name;
  const at = (name: string) => ({ namespace, name });
  const c: Case = {
    t,
    connection,
    client,
    namespace,
    id,
    signal,
    at,
    create: (resource, draft) =>
      client.create(resource, { ...draft, metadata: { ...draft.metadata, namespace } }, signal),
    when: (resource, name, what, is, ms = 120_000) =>
      eventually(
        `${resource.plural}/${name}: ${what}`,
        async () => {
          const object = await client.get(resource, resource.isNamespaced ? at(name) : { name }, signal);
          if (is(object)) return object;
          throw new Error(JSON.stringify(object));
        },
        ms,
      ),
    defer: (undo) => undoes.unshift(undo),
  };
  try {
    await eventually('the default service account', () =>
      client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, signal),
    );
    await body(c);
  } finally {
    for (const undo of undoes) await undo().catch(() => {});
    await client.delete(namespaces, { name: namespace }, AbortSignal.timeout(30_000)).catch(() => {});
  }
}

// As many specs of a file at once as a small machine takes without making each of them slow.
const atOnce = 5;
const waiting: (() => void)[] = [];
let running = 0;

async function turn(): Promise<void> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
}

function done(): void {
  const next = waiting.shift();
  if (next === undefined) running -= 1;
  else next();
}
