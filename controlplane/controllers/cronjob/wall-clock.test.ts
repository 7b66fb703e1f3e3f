import test from 'ava';
import { parseSchedule } from './schedule.ts';
import { timeIn } from './zoned-time.ts';

const comes = test.macro<[string, string, string, readonly string[]]>({
  title: (_title, schedule, zone, from) => `nextOnWall() ${schedule} in ${zone} from ${from}`,
  exec(t, schedule, zone, from, expected) {
    const { next } = parseSchedule(schedule, zone);
    let ms = Date.parse(from);
    const times = expected.map(() => timeIn((ms = next(ms)!), zone));
    t.deepEqual(times, expected);
  },
});
const berlin = 'Europe/Berlin'; // forward on 29 March 2026 at 2:00, back on 25 October at 3:00
test('what clocks jump over does not come', comes, '30 2 * * *', berlin, '2026-03-27T12:00:00Z', [
  '2026-03-28T02:30:00+01:00',
  '2026-03-30T02:30:00+02:00',
]);
test('hours go on beyond the jump', comes, '0 * * * *', berlin, '2026-03-29T00:00:00Z', [
  '2026-03-29T03:00:00+02:00',
  '2026-03-29T04:00:00+02:00',
]);
test('what clocks show twice comes twice', comes, '30 2 * * *', berlin, '2026-10-24T12:00:00Z', [
  '2026-10-25T02:30:00+02:00',
  '2026-10-25T02:30:00+01:00',
  '2026-10-26T02:30:00+01:00',
]);
test('once a year, twice', comes, '30 2 25 10 *', berlin, '2026-03-01T00:00:00Z', [
  '2026-10-25T02:30:00+02:00',
  '2026-10-25T02:30:00+01:00',
  '2027-10-25T02:30:00+02:00',
]);
test('the other half of the year', comes, '0 9 1 1,7 *', 'America/New_York', '2026-05-01T00:00:00Z', [
  '2026-07-01T09:00:00-04:00',
  '2027-01-01T09:00:00-05:00',
]);
test('minutes while clocks go back', comes, '*/30 * * * *', berlin, '2026-10-25T00:15:00Z', [
  '2026-10-25T02:30:00+02:00',
  '2026-10-25T02:00:00+01:00',
  '2026-10-25T02:30:00+01:00',
]);
test('a zone that never changes', comes, '15 9 * * *', 'Asia/Kolkata', '2026-03-29T00:00:00Z', [
  '2026-03-29T09:15:00+05:30',
]);
