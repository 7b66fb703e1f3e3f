import test from 'ava';
import { timeIn } from './zoned-time.ts';

const is = test.macro<[number, string | undefined, string]>({
  title: (_title, _ms, zone, text) => `timeIn() ${zone} is ${text}`,
  exec: (t, ms, zone, text) => t.is(timeIn(ms, zone), text),
});
const [winter, summer] = [Date.UTC(2026, 0, 1, 12), Date.UTC(2026, 6, 1, 7)];
test(is, winter, undefined, '2026-01-01T12:00:00Z');
test(is, winter, 'Europe/Berlin', '2026-01-01T13:00:00+01:00');
test(is, summer, 'Europe/Berlin', '2026-07-01T09:00:00+02:00');
test(is, summer, 'America/New_York', '2026-07-01T03:00:00-04:00');
test(is, summer, 'Asia/Kolkata', '2026-07-01T12:30:00+05:30');
test(is, winter, 'Europe/London', '2026-01-01T12:00:00Z');
