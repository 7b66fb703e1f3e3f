// Ports and their names. Each function returns what is wrong, in upstream's words.

export function wrongPort(port: number): readonly string[] {
  return port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** Rule: IANA service names (RFC 6335). */
export function wrongPortName(name: string): readonly string[] {
  const wrong: string[] = [];
  if (name.length > 15) wrong.push('must be no more than 15 bytes');
  if (!/^[-a-z0-9]+$/.test(name)) {
    wrong.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) wrong.push('must contain at least one letter (a-z)');
  if (name.includes('--')) wrong.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) wrong.push('must not begin or end with a hyphen');
  return wrong;
}
