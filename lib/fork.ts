import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Has the module at `url` answer `input` in a process of its own. For work that is heavy and rare: all that it loaded and
 * used is given back when it ends (a thread would leave much of it behind), and nobody else waits meanwhile.
 * The module calls `answerParent`.
 * @throws an Error with the child's own words if it fails
 */
export function askChild<Output>(url: URL, input: unknown): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('message', (answer: Answer<Output>) => {
      if ('output' in answer) resolve(answer.output);
      else reject(new Error(answer.error));
      child.disconnect(); // it then ends
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The child ended without an answer: exit code ${code}`)));
    child.send(input as object);
  });
}

export type Answer<Output> = { readonly output: Output } | { readonly error: string };

/** The child's side of `askChild` and of a helper: answers what it is asked. */
export function answerParent<Input, Output>(answer: (input: Input) => Output | Promise<Output>): void {
  process.on('message', (input: Input) => {
    void (async () => answer(input))().then(
      (output) => process.send?.({ output }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
}
