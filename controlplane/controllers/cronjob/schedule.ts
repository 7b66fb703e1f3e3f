import { Cron } from 'croner';
import { nextOnWall } from './wall-clock.ts';
import { offsetIn } from './zoned-time.ts';

/** When a CronJob is due. Times in milliseconds since the epoch. */
export interface Schedule {
  /** The first time after `ms`; undefined if there is none. */
  next(ms: number): number | undefined;
}

/**
 * Reads a schedule in cron form, `@hourly` and the like, or `@every 1h30m`.
 * @throws {RangeError} if it is none, or if there is no such time zone
 */
export function parseSchedule(text: string, timeZone: string | undefined): Schedule {
  const every = /^@every\s+(.+)$/.exec(text.trim());
  if (every !== null) {
    const periodMs = durationMs(every[1]!);
    return { next: (ms) => Math.floor((ms + periodMs) / 1000) * 1000 };
  }
  const zoned = /^(?:CRON_)?TZ=(\S+)\s+(.+)$/.exec(text.trim()); // from before it was refused
  try {
    const zone = zoned?.[1] ?? timeZone;
    const cron = new Cron(inCronersWords(zoned?.[2] ?? text.trim()), { paused: true, mode: '5-part', timezone: 'UTC' });
    const next = (ms: number) => cron.nextRun(new Date(ms))?.getTime();
    return { next: zone === undefined ? next : nextOnWall(next, offsetIn(zone)) };
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Steps as upstream's parser reads them: `5/15` goes on to the last value, and one that is too long for its range is the
 * first value alone.
 */
function inCronersWords(text: string): string {
  const fields = text.split(/\s+/);
  if (fields.length !== bounds.length) return text;
  const rewritten = fields.map((field, i) =>
    field
      .split(',')
      .map((range) => withEnd(range, bounds[i]!))
      .join(),
  );
  return rewritten.join(' ');
}

function withEnd(range: string, [least, most]: readonly [number, number]): string {
  const [where = '', stepText] = range.split('/');
  if (stepText === undefined) return range;
  const [low = '', high] = where.split('-');
  const isAll = low === '*' || low === '?';
  const [first, last] = [isAll ? String(least) : low, isAll || high === undefined ? String(most) : high];
  if (!/^\d+$/.test(first) || !/^\d+$/.test(last)) return range; // names
  if (isAll && Number(stepText) === 1) return low; // no step: it counts as any day, too
  if (Number(stepText) > Number(last) - Number(first)) return first;
  return isAll ? range : `${first}-${last}/${stepText}`;
}
const bounds = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false; // an offset is no zone of the time zone database
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** As Go writes durations: `1h30m`, `90s`. */
function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new RangeError(`failed to parse duration @every ${text}`);
  }
  const ms = parts.reduce((sum, [, value, unit]) => sum + Number(value) * unitMs[unit!]!, 0);
  return Math.max(1_000, ms);
}
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

export interface Missed {
  /** The newest time between the two, the later one included. */
  readonly newestMs: number | undefined;
  readonly count: 'none' | 'few' | 'many';
}

/** The times after `fromMs` up to `nowMs`. Rule: kubernetes pkg/controller/cronjob, mostRecentScheduleTime. */
export function missedBetween(schedule: Schedule, fromMs: number, nowMs: number): Missed {
  const first = schedule.next(fromMs);
  if (first === undefined || first > nowMs) return { newestMs: undefined, count: 'none' };
  const second = schedule.next(first);
  if (second === undefined || second > nowMs) return { newestMs: first, count: 'few' };
  const periodMs = second - first;
  // Years of missed minutes are not walked through: near the end is early enough, as periods vary by little.
  let newestMs = first;
  for (let at = Math.max(first, nowMs - periodMs * stepsBack - longestGapMs); ; ) {
    const next = schedule.next(at);
    if (next === undefined || next > nowMs) break;
    newestMs = Math.max(newestMs, next);
    at = next;
  }
  return { newestMs, count: (nowMs - first) / periodMs > manyMissed ? 'many' : 'few' };
}
const stepsBack = 3;
const longestGapMs = 3_600_000; // what a change of daylight saving time may add
const manyMissed = 100;
