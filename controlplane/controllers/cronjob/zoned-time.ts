import { timestamp } from '#lib/api/timestamp.ts';

/** A time as Go writes it in RFC 3339, in a zone of the time zone database: `2026-07-01T09:00:00+02:00`. UTC unless told. */
export function timeIn(ms: number, timeZone = 'UTC'): string {
  const offsetMs = offsetIn(timeZone)(ms);
  if (offsetMs === 0) return timestamp(ms);
  const offset = new Date(Math.abs(offsetMs)).toISOString().slice(11, 16);
  return timestamp(ms + offsetMs).replace('Z', `${offsetMs < 0 ? '-' : '+'}${offset}`);
}

/**
 * How far the zone's clocks are ahead of UTC at a time, in milliseconds, whole minutes.
 * @throws {RangeError} if there is no such zone
 */
export function offsetIn(timeZone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  return (ms) => {
    const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'; // 'GMT+02:00', or 'GMT' alone
    const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? ['', '+', '00', '00'];
    return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  };
}
