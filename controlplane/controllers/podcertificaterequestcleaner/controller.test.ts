import test from 'ava';
import type { PodCertificateRequest } from '#lib/api/types/certificates.v1.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { createFakeClock } from '#lib/clock.ts';
import { type Reason, ReasonError } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';
import type { ControllerContext } from '../shared/context.ts';
import { runPodCertificateRequestCleaner } from './controller.ts';

const minuteMs = 60_000;

function world(fails: readonly Reason[] = []) {
  const clock = createFakeClock();
  const requests = createFedInformer<PodCertificateRequest>();
  const deleted: string[] = [];
  const left = [...fails];
  const client = {
    async delete(_resource: unknown, { name }: { name: string }, _signal: unknown, options: unknown) {
      deleted.push(`${name} ${JSON.stringify(options)}`);
      const reason = left.shift();
      if (reason !== undefined) throw new ReasonError(reason, 'refused');
    },
  };
  const context = { client, informers: { get: () => requests }, clock, log: createSilentLog() };
  const end = new AbortController();
  const running = runPodCertificateRequestCleaner(context as unknown as ControllerContext, end.signal);
  const make = (name: string, agoMs: number) => {
    const creationTimestamp = new Date(clock.now() - agoMs).toISOString();
    const metadata = { name, namespace: 'a', uid: `u-${name}`, creationTimestamp };
    requests.put({ metadata } as unknown as PodCertificateRequest);
  };
  const stop = async () => {
    end.abort();
    await running.catch(() => {});
  };
  return { clock, deleted, make, end: stop };
}
const by = (name: string) => `${name} {"preconditions":{"uid":"u-${name}"}}`;

test('a request is deleted a quarter of an hour after it was made, and not before', async (t) => {
  const { clock, deleted, make, end } = world();
  await clock.advance(0);
  make('old', 15 * minuteMs);
  make('new', 0);
  await clock.advance(1);
  t.deepEqual(deleted, [by('old')]);
  await clock.advance(15 * minuteMs - 2);
  t.deepEqual(deleted, [by('old')]);
  await clock.advance(1);
  t.deepEqual(deleted, [by('old'), by('new')]);
  await end();
});

test('one that is gone, or another one by now, is left alone; what fails otherwise comes again', async (t) => {
  const { clock, deleted, make, end } = world(['NotFound', 'Conflict', 'ServiceUnavailable']);
  await clock.advance(0);
  for (const name of ['gone', 'other', 'again']) make(name, 16 * minuteMs);
  await clock.advance(0);
  t.deepEqual(deleted.toSorted(), [by('again'), by('gone'), by('other')]);
  await clock.advance(minuteMs);
  t.deepEqual(deleted.slice(3), [by('again')]);
  await end();
});
