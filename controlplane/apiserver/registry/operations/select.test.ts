import test from 'ava';
import { parseFieldSelector } from '#lib/api/selectors/fields.ts';
import { parseLabelSelector } from '#lib/api/selectors/labels.ts';
import type { ListOptions } from '../options.ts';
import type { ResourceCall } from '../registry.ts';
import type { Served } from '../served.ts';
import { selectionOf } from './select.ts';

const served = { isNamespaced: true, rules: { selectableFields: () => ({}) } } as unknown as Served;

const looks = test.macro<
  [{ namespace?: string; name?: string; fields?: string; labels?: string }, string | undefined, boolean]
>({
  title: (_title, asked) => `selectionOf() ${JSON.stringify(asked)}`,
  exec(t, { namespace, name, fields = '', labels = '' }, key, looksAtObjects) {
    const options = {
      fields: parseFieldSelector(fields),
      labels: parseLabelSelector(labels),
    } as unknown as ListOptions;
    const selection = selectionOf(served, { namespace, name } as unknown as ResourceCall, options);
    t.is(selection.key, key);
    t.is(selection.matches !== undefined, looksAtObjects);
  },
});
test(looks, { namespace: 'd' }, undefined, false);
test(looks, { namespace: 'd', fields: 'metadata.name=a' }, 'd/a', false);
test(looks, { namespace: 'd', name: 'a' }, 'd/a', false);
test(looks, { fields: 'metadata.name=a,metadata.namespace=d' }, 'd/a', false);
test(looks, { fields: 'metadata.name=a' }, undefined, true);
test(looks, { namespace: 'd', fields: 'metadata.name!=a' }, undefined, true);
test(looks, { namespace: 'd', fields: 'metadata.name=a,metadata.name=b' }, 'd/a', true);
test(looks, { namespace: 'd', fields: 'metadata.name=a,metadata.namespace=e' }, 'd/a', true);
test(looks, { namespace: 'd', fields: 'metadata.name=a,spec.x=1' }, 'd/a', true);
test(looks, { namespace: 'd', fields: 'metadata.name=a', labels: 'x' }, 'd/a', true);
