import test from 'ava';
import { lossesOf } from './losses.ts';
import type { ObjectChange } from './render.ts';

const there = new Map([
  ['chain services', '\nrule 1\nrule 2'],
  ['chain empty', ''],
  ['element service-ips 10.96.1.1 . tcp . 80', 'goto a'],
  ['map service-ips', ''],
]);
const goes = (id: string): ObjectChange => ({ id, text: undefined, isThere: true });

const takes = test.macro<[string, readonly ObjectChange[], Readonly<Record<string, number>>, boolean?]>({
  title: (_title, what) => `lossesOf() of nftables counts ${what}`,
  exec: (t, _what, changes, losses, isWhole = false) => {
    t.deepEqual(Object.fromEntries(lossesOf(changes, there, 4, isWhole)), losses);
  },
});
const services = 'ip kube-proxy services';
test(takes, 'the rules of a chain that is written anew', [{ id: 'chain services', text: '\nrule 3', isThere: true }], {
  [services]: 2,
});
test(takes, 'the rules of a chain that goes, and itself', [goes('chain services'), goes('chain empty')], {
  [services]: 3,
  'ip kube-proxy empty': 1,
});
test(
  takes,
  'an element that goes, and one whose value changes',
  [
    goes('element service-ips 10.96.1.1 . tcp . 80'),
    { id: 'element service-ips 10.96.1.2 . tcp . 80', text: 'goto b', isThere: true },
  ],
  { 'ip kube-proxy service-ips': 2 },
);
test(takes, 'nothing for what comes', [{ id: 'chain new', text: '\nrule', isThere: false }], {});
test(takes, 'the table that is taken away first', [], { 'ip kube-proxy ': 1 }, true);
