import test from 'ava';
import { createListeners } from './listeners.ts';
import type { CacheEvent } from './ring.ts';
import { StoredObject } from './stored-object.ts';

const stored = (key: string) =>
  new StoredObject(key, 1, Buffer.from('{}'), () => ({ metadata: { name: key } }) as never);

function event(now: string, before?: string): CacheEvent {
  const old = before === undefined ? undefined : stored(before);
  return { type: 'MODIFIED', now: stored(now), before: old, revision: 1, atMs: 0 };
}

test('createListeners() tells of what each one is about: what comes, and what goes', (t) => {
  const listeners = createListeners();
  const heard: string[] = [];
  const about = (value: string) => ({ name: 'key', value, read: ({ key }: StoredObject) => key });
  listeners.add(() => heard.push('all'));
  const stop = listeners.add(() => heard.push('a'), about('a'));
  listeners.add(() => heard.push('b'), about('b'));
  listeners.tell(event('a'));
  t.deepEqual(heard.splice(0), ['all', 'a']);
  listeners.tell(event('b', 'a'));
  t.deepEqual(heard.splice(0), ['all', 'b', 'a']);
  stop();
  listeners.tell(event('a'));
  t.deepEqual(heard, ['all']);
});
