// The form of a cron schedule: five fields, or a word. Rule: robfig/cron standard parser.
const words = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields = [
  { least: 0, most: 59, names: [] as readonly string[], first: 0 },
  { least: 0, most: 23, names: [] as readonly string[], first: 0 },
  { least: 1, most: 31, names: [] as readonly string[], first: 0 },
  { least: 1, most: 12, names: months, first: 1 },
  { least: 0, most: 6, names: days, first: 0 },
] as const;

type Field = (typeof fields)[number];

/** What is wrong with a schedule; none: it is one. */
export function wrongSchedule(schedule: string): readonly string[] {
  // Whether there may be a zone in front is not for the form to say.
  const [, , zone, rest = schedule] = /^(CRON_)?TZ=(\S*)(.*)$/s.exec(schedule) ?? [];
  if (zone !== undefined && !isTimeZone(zone)) return [`provided bad location ${zone}: unknown time zone ${zone}`];
  const text = rest.trim();
  if (text.startsWith('@')) return wrongWord(text);
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) {
    return [`expected exactly ${fields.length} fields, found ${parts.length}: [${parts.join(' ')}]`];
  }
  for (const [index, part] of parts.entries()) {
    for (const range of part.split(',')) {
      const wrong = wrongRange(range, fields[index]!);
      if (wrong !== undefined) return [wrong];
    }
  }
  return [];
}

/** Whether the time zone database has it, in these letters. */
export function isTimeZone(name: string): boolean {
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    return known === name || known.toLowerCase() !== name.toLowerCase(); // some names stand for others
  } catch {
    return false;
  }
}

function wrongWord(text: string): readonly string[] {
  if (words.has(text)) return [];
  if (!text.startsWith('@every ')) return [`unrecognized descriptor: ${text}`];
  const duration = text.slice('@every '.length);
  return /^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/.test(duration) ? [] : [`failed to parse duration ${text}`];
}

/** `*`, `5`, `1-5`, and any of them with a step. */
function wrongRange(text: string, field: Field): string | undefined {
  const [range = '', step, ...rest] = text.split('/');
  const [low = '', high, ...more] = range.split('-');
  if (rest.length > 0) return `too many slashes: ${text}`;
  if (more.length > 0) return `too many hyphens: ${text}`;
  if (step !== undefined && !/^\d{1,9}$/.test(step))
    return `failed to parse int from ${step}: strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`;
  if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${text}`;
  if (low === '*' || low === '?') return undefined;
  const [start, end] = [numberOf(low, field), numberOf(high ?? low, field)];
  if (start === undefined || end === undefined) {
    const bad = start === undefined ? low : (high ?? low);
    return `failed to parse int from ${bad}: strconv.Atoi: parsing ${JSON.stringify(bad)}: invalid syntax`;
  }
  if (start < field.least) return `beginning of range (${start}) below minimum (${field.least}): ${text}`;
  if (end > field.most) return `end of range (${end}) above maximum (${field.most}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return undefined;
}

function numberOf(text: string, { names, first }: Field): number | undefined {
  const name = names.indexOf(text.toLowerCase());
  if (name !== -1) return name + first;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
