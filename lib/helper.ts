import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#lib/clock.ts';
import type { Answer } from './fork.ts';

/** Has a module answer one input after the other. @throws an Error with its own words if it fails */
export type Helper<Input, Output> = (input: Input) => Promise<Output>;

/**
 * As `askChild`, for questions that come in groups: the process stays for `idleMs` after an answer, and is started anew
 * when it is asked again. Questions wait for each other.
 */
export function createHelper<Input, Output>(
  url: URL,
  { idleMs, clock }: { readonly idleMs: number; readonly clock: Clock },
): Helper<Input, Output> {
  let child: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let idle = new AbortController();

  function ask(input: Input): Promise<Output> {
    idle.abort();
    const answer = last.then(() => put(input));
    last = answer.then(rest, rest);
    return answer;
  }

  function put(input: Input): Promise<Output> {
    child ??= start();
    const asked = child;
    return new Promise((resolve, reject) => {
      const done = () => {
        asked.off('message', answered);
        asked.off('exit', ended);
      };
      const answered = (answer: Answer<Output>) => {
        done();
        if ('output' in answer) resolve(answer.output);
        else reject(new Error(answer.error));
      };
      const ended = () => {
        done();
        reject(new Error('The process that was asked has ended'));
      };
      asked.on('message', answered);
      asked.on('exit', ended);
      asked.send(input as object, (error) => error && ended());
    });
  }

  function start(): ChildProcess {
    const made = fork(fileURLToPath(url), { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const forget = () => {
      if (child === made) child = undefined;
    };
    made.once('exit', forget);
    made.once('error', forget);
    made.once('disconnect', forget);
    return made;
  }

  function rest(): void {
    idle = new AbortController();
    clock.sleep(idleMs, idle.signal).then(
      () => {
        const ended = child;
        child = undefined;
        if (ended?.connected) ended.disconnect(); // it then ends
      },
      () => {}, // asked again
    );
  }

  return ask;
}
