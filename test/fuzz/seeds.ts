/** Cases that have found something, by target: they are run again with every test. */
export const seeds: Readonly<Record<string, readonly number[]>> = {
  // A quantity that is none; a sum of what cannot be added, and of nothing; thousands of operators; a pattern that only its use shows
  // to be too long.
  expressions: [1266, 247178699, 276838539, 264401983, 276247179],
  paths: [115388], // two thousand Unicode classes in one pattern
  selectors: [100636, 118848],
};
