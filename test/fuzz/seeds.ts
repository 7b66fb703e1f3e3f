/** Cases that have found something, by target: they are run again with every test. */
export const seeds: Readonly<Record<string, readonly number[]>> = {};
