/** A time as Go writes it in RFC 3339, in a zone of the time zone database: `2026-07-01T09:00:00+02:00`. UTC unless told. */
export function timeIn(ms: number, timeZone = 'UTC'): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(ms);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'; // 'GMT+02:00', or 'GMT' alone
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? ['', '+', '00', '00'];
  if (`${hours}${minutes}` === '0000') return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  return new Date(ms + offsetMs).toISOString().replace(/\.\d+Z$/, `${sign}${hours}:${minutes}`);
}
