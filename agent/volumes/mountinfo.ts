/** The mount points in the text of /proc/PID/mountinfo, in its order. Rule: proc(5), with its octal escapes. */
export function mountPoints(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const point = line.split(' ')[4];
    return point === undefined ? [] : [point.replaceAll(/\\([0-7]{3})/g, asCharacter)];
  });
}

function asCharacter(_all: string, octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}
