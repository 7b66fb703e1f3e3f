/**
 * Which of `files` the failures in ava's text stand in: those that may be run once more, alone.
 * undefined where a failure has no file that is known for certain, as of what ended or hung.
 */
export function failedFiles(text: string, failures: number, files: readonly string[]): readonly string[] | undefined {
  const paths = text.split('\n').flatMap((line) => {
    const title = /^\s*✘ \[fail\]: (.*)$/.exec(line)?.[1];
    return title === undefined ? [] : [fileOf(title.split(' › '), files)];
  });
  if (paths.length !== failures || paths.length === 0) return undefined;
  const known = paths.filter((path) => path !== undefined);
  return known.length === paths.length ? [...new Set(known)] : undefined;
}

/** ava leaves out the folders that all files share, and the name's end: `live › pods.live › a pod runs`. */
function fileOf(words: readonly string[], files: readonly string[]): string | undefined {
  if (files.length === 1) return files[0]; // whose name it leaves out whole
  for (let count = 1; count < words.length; count++) {
    const end = `/${words.slice(0, count).join('/')}.test.ts`;
    const found = files.filter((file) => `/${file}`.endsWith(end));
    if (found.length === 1) return found[0];
  }
  return undefined;
}
