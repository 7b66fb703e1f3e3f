import test from 'ava';
import type { ConfigMap, Secret } from '#lib/api/types/core.v1.ts';
import { isSignedBy } from '#lib/join/signature.ts';
import { planSignatures } from './plan.ts';

const nowMs = Date.UTC(2026, 0, 1);
const map = (data: object = {}) => {
  return { metadata: { name: 'cluster-info' }, data: { kubeconfig: 'clusters: []', ...data } } as unknown as ConfigMap;
};
const token = (id: string) => ({ id, secret: '0123456789abcdef' });
function secret(id: string, { metadata = {}, ...more }: Record<string, unknown> = {}): Secret {
  const texts = { 'token-id': id, 'token-secret': token(id).secret, 'usage-bootstrap-signing': 'true', ...more };
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]);
  const about = { name: `bootstrap-token-${id}`, namespace: 'kube-system', ...(metadata as object) };
  return {
    metadata: about,
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(data),
  } as unknown as Secret;
}
const key = (id: string) => `jws-kubeconfig-${id}`;

test('planSignatures() has each good token sign', (t) => {
  const { data = {} } = planSignatures(map(), [secret('aaaaaa'), secret('bbbbbb')], nowMs)!;
  t.deepEqual(Object.keys(data), ['kubeconfig', key('aaaaaa'), key('bbbbbb')]);
  t.true(isSignedBy(token('aaaaaa'), data['kubeconfig']!, data[key('aaaaaa')]!));
  t.false(isSignedBy(token('bbbbbb'), data['kubeconfig']!, data[key('aaaaaa')]!));
});

test('planSignatures() leaves what is so already', (t) => {
  const signed = planSignatures(map(), [secret('aaaaaa')], nowMs)!;
  t.is(planSignatures(signed, [secret('aaaaaa')], nowMs), undefined);
  t.is(planSignatures(map(), [], nowMs), undefined);
  t.is(planSignatures({ metadata: { name: 'cluster-info' } } as ConfigMap, [secret('aaaaaa')], nowMs), undefined);
});

test('planSignatures() signs anew what has changed, and keeps the rest of the map', (t) => {
  const signed = planSignatures(map(), [secret('aaaaaa')], nowMs)!;
  const changed = { ...signed, data: { ...signed.data, kubeconfig: 'clusters: [{}]', other: 'kept' } };
  const { data = {} } = planSignatures(changed, [secret('aaaaaa')], nowMs)!;
  t.is(data['other'], 'kept');
  t.true(isSignedBy(token('aaaaaa'), 'clusters: [{}]', data[key('aaaaaa')]!));
});

const unsigned = test.macro<[string, Secret]>({
  title: (_title, what) => `planSignatures() takes the signature off of a token that ${what}`,
  exec(t, _what, bad) {
    const signed = planSignatures(map(), [secret('aaaaaa')], nowMs)!;
    t.deepEqual(planSignatures(signed, [bad], nowMs)?.data, { kubeconfig: 'clusters: []' });
  },
});
test(unsigned, 'has expired', secret('aaaaaa', { expiration: '2025-12-31T23:59:59Z' }));
test(unsigned, 'is not for signing', secret('aaaaaa', { 'usage-bootstrap-signing': 'false' }));
test(unsigned, 'is going', secret('aaaaaa', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }));
test(unsigned, 'is not whole', secret('aaaaaa', { 'token-secret': '' }));
