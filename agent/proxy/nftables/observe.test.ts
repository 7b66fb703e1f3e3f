import test from 'ava';
import { hash } from '../hash.ts';
import { observeTable } from './observe.ts';
import { recognise } from './recognise.ts';

const rules = ['jump services', 'drop'];
const marked = rules.map((rule) => ({ rule: { chain: 'a', comment: hash(rule) } }));
const chain = { chain: { name: 'a', type: 'nat', hook: 'output', prio: -100 } };
const hook = 'type nat hook output priority -100 ;';
const wanting = (texts: Readonly<Record<string, string>>) => ({ textOf: (id: string) => texts[id] });
const observed = (...items: readonly object[]) => observeTable(JSON.stringify({ nftables: items }));

test('observeTable() reads sets and maps as they are written, and leaves out what the kernel itself adds', (t) => {
  const key = { concat: ['10.96.0.1', 'tcp', 80] };
  const found = observed(
    { metainfo: {} },
    { set: { name: 'ips', elem: ['10.96.0.1'] } },
    { set: { name: 'affinity-x', timeout: 60, elem: [{ elem: { val: '10.244.0.1', expires: 3 } }] } },
    { map: { name: 'to', elem: [[key, { goto: { target: 'b' } }]] } },
    { map: { name: 'at', elem: [[key, { concat: ['10.244.0.1', 8080] }]] } },
  );
  t.deepEqual(
    [...found],
    [
      ['set ips', ''],
      ['element ips 10.96.0.1', ''],
      ['set affinity-x', ''],
      ['map to', ''],
      ['element to 10.96.0.1 . tcp . 80', 'goto b'],
      ['map at', ''],
      ['element at 10.96.0.1 . tcp . 80', '10.244.0.1 . 8080'],
    ],
  );
});

test('recognise() knows a chain by the marks of its rules', (t) => {
  const text = [hook, ...rules].join('\n');
  const wanted = wanting({ 'chain a': text });
  t.is(recognise(observed(chain, ...marked), wanted)?.get('chain a'), text);
  t.not(recognise(observed(chain, ...marked.slice(1)), wanted)?.get('chain a'), text);
  t.not(recognise(observed(chain, ...marked, { rule: { chain: 'a' } }), wanted)?.get('chain a'), text);
});

test('recognise() gives up a table whose hooks are others', (t) => {
  const wanted = wanting({ 'chain a': ['type nat hook input priority -100 ;', ...rules].join('\n') });
  t.is(recognise(observed(chain, ...marked), wanted), undefined);
});
