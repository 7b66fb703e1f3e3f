// Run as a process of its own by durability.test.ts: writes as fast as it can and says which key was acknowledged, until killed.
import { writeSync } from 'node:fs';
import { openSqliteStore } from './store.ts';

const store = openSqliteStore({ path: process.argv[2]! });
const signal = new AbortController().signal;
const value = Buffer.alloc(2000, 'v');

async function write(writer: number): Promise<never> {
  for (let i = 0; ; i++) {
    const key = `/registry/${writer}/${process.pid}-${i}`;
    const done = await store.commit({ key, expected: 0, value }, signal);
    if (done.ok) writeSync(1, `${key} ${done.revision}\n`);
  }
}
await Promise.all([write(1), write(2), write(3), write(4)]);
