/** What is over soon, and is not to wait for who is paced. */
export interface Urgent {
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Whether there is something now. */
  isAny(): boolean;
}

export function createUrgent(): Urgent {
  let underWay = 0;
  return {
    async during(work) {
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
      }
    },
    isAny: () => underWay > 0,
  };
}
