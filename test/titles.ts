/** Titles of the tests that passed, without their files' names, as ava's text has them. */
export function passedTitles(text: string): readonly string[] {
  return lines(text, /^\s*✔ (?!\[expected fail\] )(.*)$/).map((line) =>
    line.replace(/ \((\d+(\.\d+)?(ms|s|m|h)\s?)+\)$/, ''),
  );
}

/** Those of `titles` that `text` tells nothing of: no test of that title passed or failed. */
export function missingTitles(titles: readonly string[], text: string): readonly string[] {
  const passed = new Set(passedTitles(text));
  const longestFirst = titles.toSorted((a, b) => b.length - a.length);
  const failed = lines(text, /^\s*✘ \[fail\]: (.*)$/).map((line) => {
    return longestFirst.find((title) => `${line} `.startsWith(`${title} `)); // the reason stands behind the title
  });
  return titles.filter((title) => !passed.has(title) && !failed.includes(title));
}

function lines(text: string, mark: RegExp): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const found = mark.exec(line)?.[1];
    return found === undefined ? [] : [found.slice(found.lastIndexOf('› ') + 1).trim()];
  });
}
