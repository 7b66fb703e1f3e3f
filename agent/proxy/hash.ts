import { hash as digestOf } from 'node:crypto';

/** 16 letters that stand for `text` in names with a limited length: the start of its SHA-256, in base 32. */
export function hash(text: string): string {
  const digest = digestOf('sha256', text, 'buffer');
  let letters = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const pair = (digest[bit >> 3]! << 8) | digest[(bit >> 3) + 1]!;
    letters += base32[(pair >> (11 - (bit & 7))) & 31];
  }
  return letters;
}
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
