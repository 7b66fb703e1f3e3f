/** A short name part for `value`, the same for equal values whatever the order of their keys. `salt` makes another one. */
export function hashOf(value: unknown, salt?: number): string {
  return encode(String(fnv1a(canonical(value) + (salt === undefined ? '' : `/${salt}`))));
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Letters and digits that spell no bad words. Rule: apimachinery rand.SafeEncodeString. */
function encode(text: string): string {
  return Array.from(text, (char) => alphabet[char.charCodeAt(0) % alphabet.length]).join('');
}
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const parts = entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${parts.join(',')}}`;
}
