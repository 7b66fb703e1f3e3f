import test from 'ava';
import { formatDuration, parseDuration } from './duration.ts';
import { JsonError } from './json-error.ts';
import { canonicalMicroTime, canonicalTime } from './time.ts';

const times = test.macro<[string, string | undefined, string | undefined]>({
  title: (_title, text) => `canonicalTime() and canonicalMicroTime() of ${text}`,
  exec: (t, text, time, microTime) => {
    t.is(canonicalTime(text), time);
    t.is(canonicalMicroTime(text), microTime);
  },
});
test(times, '2024-01-31T23:59:59Z', '2024-01-31T23:59:59Z', '2024-01-31T23:59:59.000000Z');
test(times, '2024-02-29T00:00:00+05:30', '2024-02-28T18:30:00Z', '2024-02-28T18:30:00.000000Z');
test(times, '2024-01-01T00:00:00.1234567Z', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00.123456Z');
test(times, '1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59Z', '1969-12-31T23:59:59.500000Z');
test(times, '0001-01-01T00:00:00Z', undefined, undefined);
test(times, '0001-01-02T00:00:00Z', '0001-01-02T00:00:00Z', '0001-01-02T00:00:00.000000Z');
test(times, '0000-12-31T19:00:00-05:00', undefined, undefined);

for (const text of [
  '',
  'now',
  '2024-01-01',
  '2024-01-01T00:00:00',
  '2023-02-29T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-01-01T24:00:01Z',
  '2024-01-01 00:00:00Z',
]) {
  test(`canonicalTime() refuses ${JSON.stringify(text)}`, (t) => {
    t.throws(() => canonicalTime(text), { instanceOf: JsonError });
    t.throws(() => canonicalMicroTime(text), { instanceOf: JsonError });
  });
}

const durations = test.macro<[string, string]>({
  title: (_title, text) => `formatDuration() of ${text}`,
  exec: (t, text, canonical) => t.is(formatDuration(parseDuration(text)), canonical),
});
test(durations, '0', '0s');
test(durations, '1h', '1h0m0s');
test(durations, '90m', '1h30m0s');
test(durations, '1.5s', '1.5s');
test(durations, '-1m0.000000001s', '-1m0.000000001s');
test(durations, '1500us', '1.5ms');
test(durations, '100ns', '100ns');
test(durations, '2562047h47m16.854775807s', '2562047h47m16.854775807s');
for (const text of ['', '1', 's', '1x', '1h1', '3000000h']) {
  test(`parseDuration() refuses ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseDuration(text), { instanceOf: JsonError });
  });
}
