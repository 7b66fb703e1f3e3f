// Admission by others: MutatingAdmissionWebhook and ValidatingAdmissionWebhook.
import { mutatingWebhookConfigurations, namespaces, validatingWebhookConfigurations } from '#lib/api/resources.ts';
import { notFound } from '#lib/api/status.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Attributes, Plugin } from '../admission.ts';
import { type AskOptions, ask, type Question } from './ask.ts';
import { createCallWebhook } from './call.ts';
import { applyAnswer } from './change.ts';
import { createFits, type Fits, type FitsOptions } from './fits.ts';
import { createHooks, type Hook } from './hooks.ts';
import { isExempt, type Match, matchOf } from './match.ts';
import { createMemory } from './memory.ts';
import { createWebhookMetrics } from './metrics.ts';

export interface WebhooksOptions extends FitsOptions {
  readonly registry: Pick<Registry, 'reader'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Choose = (hook: Hook, attributes: Attributes) => Match | undefined;

export function createWebhooks({ registry, log, metrics, ...how }: WebhooksOptions): {
  readonly mutating: Plugin;
  readonly validating: Plugin;
} {
  const fits = createFits(how);
  const options: AskOptions = { call: createCallWebhook(registry), metrics: createWebhookMetrics(metrics), log };
  const namespaceNamed = registry.reader(namespaces);
  const labelsOf = (name: string) => {
    const found = namespaceNamed.get(name);
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
    return found.metadata.labels ?? {};
  };
  const choose: Choose = ({ webhook, namespaceSelector, objectSelector }, attributes) => {
    const { rules = [], matchPolicy = 'Equivalent' } = webhook;
    return matchOf(attributes, { rules, matchPolicy, namespaceSelector, objectSelector }, labelsOf);
  };
  return {
    mutating: createMutating(createHooks(registry.reader(mutatingWebhookConfigurations)), choose, fits, options),
    validating: createValidating(createHooks(registry.reader(validatingWebhookConfigurations)), choose, fits, options),
  };
}

/** One after the other: each sees what those before it have made. */
function createMutating(hooks: () => readonly Hook[], choose: Choose, fits: Fits, options: AskOptions): Plugin {
  const memory = createMemory();
  return {
    name: 'MutatingAdmissionWebhook',
    mutate(attributes, signal) {
      const all = hooks();
      if (all.length === 0 || isExempt(attributes)) return undefined;
      return mutate(all, attributes, signal);
    },
  };

  async function mutate(
    all: readonly Hook[],
    attributes: Attributes,
    signal: AbortSignal,
  ): Promise<'again' | undefined> {
    const turn = memory.of(attributes);
    let hasChanged = false;
    for (const hook of all) {
      const match = choose(hook, attributes);
      if (match === undefined || !turn.mayCall(hook.id) || !(await fits(hook, match, attributes, true))) continue;
      const response = await ask({ hook, match, attributes, isMutating: true }, options, signal);
      if (response !== undefined && (await applyAnswer(hook.webhook.name, response, match, attributes))) {
        hasChanged = true;
        turn.changed();
      }
      turn.called(hook.id, hook.webhook.reinvocationPolicy === 'IfNeeded');
    }
    turn.end();
    return hasChanged && !attributes.isReinvocation ? 'again' : undefined;
  }
}

/** All at once; the first that refuses decides. */
function createValidating(hooks: () => readonly Hook[], choose: Choose, fits: Fits, options: AskOptions): Plugin {
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(attributes, signal) {
      const all = hooks();
      if (all.length === 0 || isExempt(attributes)) return undefined;
      const chosen = all.flatMap((hook) => {
        const match = choose(hook, attributes);
        return match === undefined ? [] : [{ hook, match, attributes, isMutating: false }];
      });
      if (chosen.length === 0) return undefined;
      return Promise.all(chosen.map((question) => askIfFit(question, signal))).then(() => {});
    },
  };

  async function askIfFit(question: Question, signal: AbortSignal): Promise<void> {
    const { hook, match, attributes } = question;
    if (await fits(hook, match, attributes, false)) await ask(question, options, signal);
  }
}
