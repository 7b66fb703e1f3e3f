// Service accounts, their tokens, and who may do what.
import { createPublicKey, verify } from 'node:crypto';
import {
  configMaps,
  localSubjectAccessReviews,
  pods,
  roleBindings,
  roles,
  selfSubjectAccessReviews,
  serviceAccounts,
  subjectAccessReviews,
  tokenReviews,
} from '#lib/api/resources.ts';
import type { TokenRequest, TokenReview } from '#lib/api/types/authentication.v1.ts';
import type { SubjectAccessReview } from '#lib/api/types/authorization.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { createPod, logOf, shell } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

spec('[sig-auth] ServiceAccounts should update a ServiceAccount [Conformance]', async (c) => {
  await c.create(serviceAccounts, { metadata: { name: 'account' }, automountServiceAccountToken: false });
  const updated = await eventually('an update', async () => {
    const now = await c.client.get(serviceAccounts, c.at('account'), c.signal);
    return c.client.update(serviceAccounts, { ...now, automountServiceAccountToken: true }, c.signal);
  });
  c.t.true(updated.automountServiceAccountToken);
  c.t.true((await c.client.get(serviceAccounts, c.at('account'), c.signal)).automountServiceAccountToken);
});

spec('[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace [Conformance]', async (c) => {
  const { t, client, signal } = c;
  const at = c.at('kube-root-ca.crt');
  const read = () => eventually('the root certificate', () => client.get(configMaps, at, signal));
  const { data, metadata } = await read();
  t.regex(data?.['ca.crt'] ?? '', /BEGIN CERTIFICATE/);
  await client.delete(configMaps, at, signal);
  await eventually('it to be there anew', async () => {
    return (await client.get(configMaps, at, signal)).metadata.uid !== metadata.uid;
  });
  await eventually('an update', async () => {
    const now = await client.get(configMaps, at, signal);
    return client.update(configMaps, { ...now, data: { 'ca.crt': '' } }, signal);
  });
  await eventually(
    'it to be put right',
    async () => (await client.get(configMaps, at, signal)).data?.['ca.crt'] === data?.['ca.crt'],
  );
});

spec(
  '[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    const { metadata } = await c.create(serviceAccounts, { metadata: { name: 'account' } });
    const path = `/api/v1/namespaces/${c.namespace}/serviceaccounts/account/token`;
    const wish = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: null } };
    const { status } = (await client.raw('POST', path, signal, wish)) as TokenRequest;
    t.truthy(status?.token);
    t.true(Date.parse(status?.expirationTimestamp ?? '') > Date.now());
    const review = { metadata: {}, spec: { token: status?.token } };
    const reviewed: TokenReview = await client.create(tokenReviews, review as never, signal);
    t.true(reviewed.status?.authenticated);
    t.like(reviewed.status?.user, {
      username: `system:serviceaccount:${c.namespace}:account`,
      uid: metadata.uid,
    });
    t.true(reviewed.status?.user?.groups?.includes(`system:serviceaccounts:${c.namespace}`));
  },
);

spec(
  '[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer [Conformance]',
  async (c) => {
    const { t } = c;
    const server = 'https://kubernetes.default.svc';
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    const key = 'modern/token';
    const script = [
      `cat ${folder}/token; echo`,
      `cat /${key}; echo`,
      `[ -s ${folder}/ca.crt ] && echo ca`,
      `nslookup kubernetes.default.svc.cluster.local >/dev/null && echo ${server}`,
    ].join('; ');
    const volumes = [
      { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'oidc' } }] } },
    ];
    const container = shell(script, { volumeMounts: [{ name: 'token', mountPath: '/modern' }] });
    await createPod(c, 'validator', { restartPolicy: 'Never', volumes, containers: [container] });
    await c.when(pods, 'validator', 'done', ({ status }) => status.phase === 'Succeeded');
    const [own = '', forOidc = '', ...rest] = (await logOf(c, 'validator')).trim().split('\n');
    t.deepEqual(rest, ['ca', server]);

    t.truthy(own);
    const headers = { 'impersonate-user': `system:serviceaccount:${c.namespace}:default` };
    const ask = async (path: string) => {
      const { body } = await c.connection.transport.request({ method: 'GET', path, headers }, c.signal);
      return JSON.parse(Buffer.concat(await Array.fromAsync(body)).toString()) as Readonly<Record<string, unknown>>;
    };
    const discovery = await ask('/.well-known/openid-configuration');
    const keys = await ask('/openid/v1/jwks');
    const issuer = String(discovery['issuer']);
    t.regex(issuer, /^https:\/\//);
    t.regex(String(discovery['jwks_uri']), /\/openid\/v1\/jwks$/);
    t.deepEqual(discovery['response_types_supported'], ['id_token']);
    const payload = verified(forOidc, keys as unknown as KeySet);
    t.like(payload, { iss: issuer, aud: ['oidc'], sub: `system:serviceaccount:${c.namespace}:default` });
    t.like(payload['kubernetes.io'] as object, { namespace: c.namespace, pod: { name: 'validator' } });
  },
);

interface KeySet {
  readonly keys: readonly { readonly kid: string; readonly alg: string }[];
}

/** What a token says. @throws {Error} if none of `keys` has signed it */
function verified(token: string, { keys }: KeySet): Readonly<Record<string, unknown>> {
  const [head = '', body = '', signature = ''] = token.split('.');
  const { kid, alg } = parsed(head);
  const jwk = keys.find((key) => key.kid === kid && key.alg === alg);
  const key = createPublicKey({ key: jwk as never, format: 'jwk' });
  const input = Buffer.from(`${head}.${body}`);
  const isSigned = verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  if (!isSigned) throw new Error('No key of the set has signed this token');
  return parsed(body);
}

function parsed(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

async function mayGetPods(c: Case, user: string, namespace?: string): Promise<SubjectAccessReview> {
  const resourceAttributes = { verb: 'get', resource: 'pods', version: 'v1', namespace: c.namespace };
  const wish = { metadata: namespace === undefined ? {} : { namespace }, spec: { user, resourceAttributes } };
  const resource = namespace === undefined ? subjectAccessReviews : localSubjectAccessReviews;
  return (await c.client.create(
    resource as typeof subjectAccessReviews,
    wish as never,
    c.signal,
  )) as SubjectAccessReview;
}

spec('[sig-auth] SubjectReview should support SubjectReview API operations [Conformance]', async (c) => {
  const { t, client, signal } = c;
  await c.create(serviceAccounts, { metadata: { name: 'account' } });
  const user = `system:serviceaccount:${c.namespace}:account`;
  t.false((await mayGetPods(c, user)).status?.allowed);
  t.false((await mayGetPods(c, user, c.namespace)).status?.allowed);

  await c.create(roles, {
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  });
  await c.create(roleBindings, {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'account', namespace: c.namespace }],
  });
  await eventually('the role to count', async () => (await mayGetPods(c, user)).status?.allowed);
  t.true((await mayGetPods(c, user, c.namespace)).status?.allowed);

  const path = '/api/v1/namespaces/kube-system/configmaps';
  const headers = { 'impersonate-user': user };
  const { status, body } = await c.connection.transport.request({ method: 'GET', path, headers }, signal);
  await Array.fromAsync(body);
  t.is(status, 403);
  const own = { metadata: {}, spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: c.namespace } } };
  t.true((await client.create(selfSubjectAccessReviews, own as never, signal)).status?.allowed);
});
