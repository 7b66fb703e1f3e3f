/**
 * Lets many share one reading of what is newest: whoever asks while one is under way gets the next, which began after
 * the question, and so cannot miss what was there when it was put.
 */
export function shareReads<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let following: Promise<T> | undefined;

  async function launch(): Promise<T> {
    following = undefined;
    const mine = read();
    running = mine;
    try {
      return await mine;
    } finally {
      if (running === mine) running = undefined;
    }
  }

  return () => {
    if (running === undefined) return launch();
    following ??= running.then(launch, launch);
    return following;
  };
}
