import { Listr, PRESET_TIMER } from 'listr2';
import type { Step } from '../vagrant/lab/up.ts';

/** Does the steps in order and shows each with its time; on a terminal with a spinner, elsewhere line by line. */
export async function showSteps(steps: readonly Step[]): Promise<void> {
  const tasks = steps.map((step) => ({
    title: step.title,
    async task(_context: unknown, task: { title: string }) {
      const word = await step.run();
      if (word) task.title = `${step.title}: ${word}`;
    },
  }));
  const timer = { ...PRESET_TIMER, condition: true };
  await new Listr(tasks, {
    concurrent: false,
    rendererOptions: { timer, showErrorMessage: false, collapseErrors: false },
    fallbackRenderer: 'simple',
    fallbackRendererOptions: { timer },
  }).run();
}
