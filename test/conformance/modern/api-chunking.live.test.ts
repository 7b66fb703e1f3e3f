// Lists in pages. One of these specs waits for the server to forget old versions: its file comes first by its name, so that
// others run meanwhile.
import { podTemplates } from '#lib/api/resources.ts';
import type { PodTemplate } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { eventually } from '../../live/cluster.ts';
import { template } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

interface Page {
  readonly metadata: {
    readonly continue?: string;
    readonly remainingItemCount?: number;
    readonly resourceVersion: string;
  };
  readonly items: readonly PodTemplate[];
}

async function fill(c: Case, count: number): Promise<void> {
  const create = (index: number) =>
    c.create(podTemplates, {
      metadata: { name: `template-${String(index).padStart(4, '0')}` },
      template: template({}),
    });
  for (let from = 0; from < count; from += 20) {
    await Promise.all(Array.from({ length: Math.min(20, count - from) }, (_, index) => create(from + index)));
  }
}

function page(c: Case, query: Readonly<Record<string, string>>): Promise<Page> {
  const path = `/api/v1/namespaces/${c.namespace}/podtemplates?${new URLSearchParams(query)}`;
  return c.client.raw('GET', path, c.signal) as Promise<Page>;
}

const templateCount = 400;

spec(
  '[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls [Conformance]',
  async (c) => {
    const { t } = c;
    await fill(c, templateCount);
    let found = 0;
    let token = '';
    let version: string | undefined;
    do {
      const { metadata, items } = await page(c, { limit: '17', continue: token });
      t.true(items.length <= 17);
      version ??= metadata.resourceVersion;
      t.is(metadata.resourceVersion, version, 'each page is of one version');
      for (const item of items) {
        t.is(item.metadata.name, `template-${String(found).padStart(4, '0')}`);
        found += 1;
      }
      if (metadata.continue) t.is((metadata.remainingItemCount ?? 0) + found, templateCount);
      token = metadata.continue ?? '';
    } while (token !== '');
    t.is(found, templateCount);

    const all = await page(c, { limit: String(templateCount + 1) });
    t.is(all.items.length, templateCount);
    t.falsy(all.metadata.continue);
    t.falsy(all.metadata.remainingItemCount);
  },
);

spec(
  '[sig-api-machinery] Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Conformance] [Slow]',
  async (c) => {
    const { t, client, signal } = c;
    await fill(c, templateCount);
    const first = await page(c, { limit: '40' });
    const token = first.metadata.continue!;
    t.truthy(token);
    const status = await eventually(
      'that version to be compacted away',
      async () => {
        await client.patch(
          podTemplates,
          c.at('template-0000'),
          { type: 'merge', body: { metadata: { annotations: { at: `${Date.now()}` } } } },
          signal,
        );
        try {
          await page(c, { limit: '40', continue: token });
        } catch (error) {
          if (hasReason(error, 'Expired'))
            return (error as unknown as { readonly status: { readonly metadata: { readonly continue?: string } } })
              .status;
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 5000));
        return false;
      },
      8 * 60_000,
    );
    const inconsistent = status.metadata.continue!;
    t.truthy(inconsistent);
    const second = await page(c, { limit: '40', continue: inconsistent });
    t.is(second.items.length, 40);
    t.is(second.items[0]?.metadata.name, 'template-0040');
    t.not(second.metadata.resourceVersion, first.metadata.resourceVersion);
    let found = 80;
    let next = second.metadata.continue ?? '';
    while (next !== '') {
      const more = await page(c, { limit: '40', continue: next });
      t.is(more.metadata.resourceVersion, second.metadata.resourceVersion);
      found += more.items.length;
      next = more.metadata.continue ?? '';
    }
    t.is(found, templateCount);
  },
  { minutes: 10 },
);
