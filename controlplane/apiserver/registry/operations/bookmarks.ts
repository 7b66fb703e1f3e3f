import type { Core, Served } from '../served.ts';

/** Says how far a watch has come: it holds no object. */
export function bookmarkOf({ kind, apiVersion }: Served, revision: number, annotations?: Record<string, string>) {
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
  return { kind, apiVersion, metadata: { name: '', ...metadata } };
}

/** So that clients can resume near the newest revision. */
export async function everyMinute({ clock, random }: Core, signal: AbortSignal, call: () => void): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(bookmarkMs * (0.9 + 0.2 * random()), signal);
    call();
  }
}
const bookmarkMs = 60_000;
