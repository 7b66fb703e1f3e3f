import test from 'ava';
import { humanDuration } from './duration.ts';

const reads = test.macro<[number, string]>({
  title: (_title, seconds, text) => `humanDuration() is ${text} for ${seconds} s`,
  exec: (t, seconds, text) => {
    t.is(humanDuration(seconds * 1000), text);
  },
});
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
for (const [seconds, text] of [
  [-2, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [2 * minute, '2m'],
  [5 * minute + 12, '5m12s'],
  [10 * minute + 5, '10m'],
  [3 * hour - 1, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 4 * minute, '3h4m'],
  [8 * hour + 30 * minute, '8h'],
  [2 * day - 1, '47h'],
  [3 * day + 4 * hour, '3d4h'],
  [8 * day + hour, '8d'],
  [2 * 365 * day - 1, '729d'],
  [2 * 365 * day, '2y'],
  [3 * 365 * day + 12 * day, '3y12d'],
  [9 * 365 * day + day, '9y'],
] as const) {
  test(reads, seconds, text);
}
