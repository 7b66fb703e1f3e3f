// The pods that this node was told of by manifests, in a folder or at a URL.
import { watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { keyOf } from '#lib/api/resource.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';

export interface StaticPods {
  /** By 'namespace/name'. */
  get(key: string): Pod | undefined;
  list(): Iterable<Pod>;
  /** Calls `listener` on each change from now on, and once for each pod that is there. Returns how to stop. */
  onChange(listener: (now: Pod | undefined, before: Pod | undefined, key: string) => void): () => void;
  /** Whether every source has answered: else a pod that is missing here may still be one. */
  isComplete(): boolean;
  /** Settles when all sources were asked once. */
  readonly synced: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface StaticPodsOptions {
  readonly nodeName: string;
  /** A folder, or one file. */
  readonly manifestPath?: string | undefined;
  readonly manifestUrl?: string | undefined;
  /** Sent with each request to the URL. */
  readonly manifestUrlHeaders?: Readonly<Record<string, string>>;
  /** How often both are looked at; changes in the folder are seen at once. */
  readonly pauseMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Text {
  readonly source: 'file' | 'http';
  readonly from: string;
  readonly text: string;
}

export function createStaticPods(options: StaticPodsOptions): StaticPods {
  const { nodeName, manifestPath, manifestUrl, pauseMs = 20_000, clock, log } = options;
  const known = new Map<string, Pod>(); // by key; bounded by the manifests
  const listeners = new Set<(now: Pod | undefined, before: Pod | undefined, key: string) => void>();
  const first = Promise.withResolvers<void>();
  const complaints = new Map<string, string>(); // by place: said once
  let isUrlRead = manifestUrl === undefined;
  const made = new Map<string, readonly Pod[]>(); // by place: what it held when it could be read last

  function replace(all: ReadonlyMap<string, Pod>): void {
    for (const key of new Set([...known.keys(), ...all.keys()])) {
      const [now, before] = [all.get(key), known.get(key)];
      if (now?.metadata.uid === before?.metadata.uid) continue;
      if (now === undefined) known.delete(key);
      else known.set(key, now);
      for (const listener of listeners) {
        if (before !== undefined) listener(undefined, before, key);
        if (now !== undefined) listener(now, undefined, key);
      }
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    const texts = await Promise.all([
      manifestPath === undefined ? [] : readFolder(manifestPath),
      manifestUrl === undefined ? [] : readUrl(manifestUrl, options.manifestUrlHeaders ?? {}, signal).catch(asBefore),
    ]);
    const all = new Map<string, Pod>();
    for (const one of texts.flat()) {
      const { podsOf } = await import('./manifest.ts');
      try {
        made.set(one.from, podsOf(one.text, { ...one, nodeName, nowMs: clock.now() }));
        complaints.delete(one.from);
      } catch (error) {
        if (one.text !== '') complain(one.from, error); // who edits a file must not end the pod by a slip: what it made before stays
      }
      for (const pod of made.get(one.from) ?? []) all.set(keyOf(pod), pod);
    }
    const places = new Set(texts.flat().map(({ from }) => from));
    if (manifestUrl !== undefined && made.has(manifestUrl)) isUrlRead = true;
    for (const from of made.keys()) if (!places.has(from)) made.delete(from);
    replace(all);
    first.resolve();
  }

  /** Of a URL that does not answer: what it said last holds. */
  function asBefore(error: unknown): readonly Text[] {
    const from = manifestUrl ?? '';
    complain(from, error);
    return made.has(from) ? [{ source: 'http', from, text: '' }] : [];
  }

  function complain(from: string, error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    if (complaints.get(from) === words) return;
    complaints.set(from, words);
    log.warn('Could not read a static pod', { from, err: error });
  }

  return {
    get: (key) => known.get(key),
    list: () => known.values(),
    isComplete: () => isUrlRead,
    onChange(listener) {
      listeners.add(listener);
      for (const [key, pod] of known) listener(pod, undefined, key);
      return () => void listeners.delete(listener);
    },
    synced: first.promise,
    async run(signal) {
      if (manifestPath === undefined && manifestUrl === undefined) {
        first.resolve();
        return;
      }
      let bell = Promise.withResolvers<void>();
      let watcher: ReturnType<typeof watching>;
      while (!signal.aborted) {
        if (manifestPath !== undefined) watcher ??= watching(manifestPath, () => bell.resolve());
        bell = Promise.withResolvers<void>();
        await look(signal).catch((error) => !signal.aborted && complain(manifestUrl ?? manifestPath ?? '', error));
        const pause = new AbortController();
        const sleep = clock.sleep(pauseMs, AbortSignal.any([signal, pause.signal])).catch(() => {});
        await Promise.race([sleep, bell.promise]);
        pause.abort();
        // Editors write a file in several steps.
        await clock.sleep(settleMs, signal).catch(() => {});
      }
      watcher?.close();
    },
  };
}
const settleMs = 100;

function watching(path: string, onChange: () => void) {
  try {
    return watch(path, onChange).on('error', () => {});
  } catch {
    return undefined; // not there yet: looking at it now and then will find it
  }
}

/** Names with a dot in front are half-written files, and a folder in it is none of ours. */
async function readFolder(path: string): Promise<readonly Text[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return [];
  const names = found.isDirectory()
    ? (await readdir(path)).filter((name) => !name.startsWith('.')).map((name) => `${path}/${name}`)
    : [path];
  const texts: Text[] = [];
  for (const from of names.sort()) {
    const file = await stat(from).catch(() => undefined);
    if (file?.isFile() && file.size <= mostBytes)
      texts.push({ source: 'file', from, text: await readFile(from, 'utf8') });
  }
  return texts;
}
const mostBytes = 10 * 1024 * 1024;

/** @throws {Error} if it does not answer: what it said before stays */
async function readUrl(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly Text[]> {
  const answer = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status} ${answer.statusText}`);
  const text = await answer.text();
  if (text.trim() === '') throw new Error(`${url} answered with nothing`);
  return [{ source: 'http', from: url, text }];
}
const patienceMs = 10_000;
