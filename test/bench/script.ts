/** What the one container of a measured pod runs: it ends as soon as it is asked to. */
export const script = 'trap "exit 0" TERM; sleep 3600 & wait';
