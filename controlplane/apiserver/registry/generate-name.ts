/** A name that starts with `base` and ends in five random characters. Rule: apiserver storage/names. */
export function generatedName(base: string, random: () => number): string {
  const suffix = Array.from({ length: randomLength }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
  return base.slice(0, maxNameLength - randomLength) + suffix;
}
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'; // no vowels: no words
const randomLength = 5;
const maxNameLength = 63;
