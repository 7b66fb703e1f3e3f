// Policies in CEL and the match conditions of webhooks.
import {
  configMaps,
  deployments,
  mutatingWebhookConfigurations,
  namespaces,
  services,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
} from '#lib/api/resources.ts';
import type { ValidatingAdmissionPolicySpec } from '#lib/api/types/admissionregistration.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { createAuthority, issueCertificate } from '#lib/pki/certificate.ts';
import { eventually } from '../../live/cluster.ts';
import { supportsOperations } from './support/api-operations.ts';
import { nodeScript, readyPod, template } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

const ofDeployments = {
  resourceRules: [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE' as const], resources: ['deployments'] },
  ],
};

/** A policy for Deployments of namespaces that bear the spec's label; it is in force when this returns. */
async function policy(c: Case, rest: Partial<ValidatingAdmissionPolicySpec>): Promise<void> {
  const { client, signal } = c;
  const name = `modern-${c.id}`;
  await client.patch(
    namespaces,
    { name: c.namespace },
    { type: 'merge', body: { metadata: { labels: { [c.id]: 'true' } } } },
    signal,
  );
  const markers = { expression: "object.metadata.?labels['marker'].orValue('') != 'denied'", message: 'marked' };
  const wish = { ...rest, matchConstraints: ofDeployments, failurePolicy: 'Fail' as const };
  const validations = [markers, ...(rest.validations ?? [])];
  await client.create(
    validatingAdmissionPolicies,
    { metadata: { name }, spec: { ...wish, validations } } as never,
    signal,
  );
  c.defer(() => client.delete(validatingAdmissionPolicies, { name }, AbortSignal.timeout(10_000)));
  const namespaceSelector = { matchLabels: { [c.id]: 'true' } };
  const binding = { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector } };
  await client.create(validatingAdmissionPolicyBindings, { metadata: { name }, spec: binding } as never, signal);
  c.defer(() => client.delete(validatingAdmissionPolicyBindings, { name }, AbortSignal.timeout(10_000)));
  await eventually('the policy to hold', async () => {
    const refused = await refusal(c, 'marked', 1, { marker: 'denied' });
    return refused?.includes('marked');
  });
}

/** What is said against a Deployment of so many replicas; nothing if it was made. */
async function refusal(c: Case, name: string, replicas: number, labels = {}): Promise<string | undefined> {
  const match = { app: name };
  const wish = { replicas, selector: { matchLabels: match }, template: template(match) };
  try {
    const options = { dryRun: name === 'marked' };
    const object = { metadata: { name, namespace: c.namespace, labels }, spec: wish };
    await c.client.create(deployments, object, c.signal, options);
    return undefined;
  } catch (error) {
    if (hasReason(error, 'Invalid', 'Forbidden')) return (error as Error).message;
    throw error;
  }
}

spec(
  '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should validate against a Deployment [Conformance]',
  async (c) => {
    await policy(c, {
      validations: [
        {
          expression: 'object.spec.replicas > 1',
          messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)",
        },
        {
          expression: 'namespaceObject.metadata.name == object.metadata.namespace',
          message: 'Internal error! Other namespace evaluated.',
        },
      ],
    });
    c.t.regex((await refusal(c, 'one', 1)) ?? '', /wants replicas > 1, got 1/);
    c.t.is(await refusal(c, 'two', 2), undefined);
  },
);

spec(
  '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should allow expressions to refer variables. [Conformance]',
  async (c) => {
    await policy(c, {
      variables: [
        { name: 'replicas', expression: 'object.spec.replicas' },
        { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' },
      ],
      validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
    });
    c.t.regex((await refusal(c, 'one', 1)) ?? '', /variables\.replicas > 1/);
    c.t.regex((await refusal(c, 'two', 2)) ?? '', /variables\.oddReplicas/);
    c.t.is(await refusal(c, 'three', 3), undefined);
  },
);

spec(
  '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicy API operations [Conformance]',
  async (c) => {
    const condition = {
      type: 'PolicyReady',
      status: 'True' as const,
      reason: 'E2E',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    await supportsOperations(c, validatingAdmissionPolicies, {
      draft: () =>
        ({
          metadata: {},
          spec: {
            failurePolicy: 'Ignore',
            matchConstraints: {
              namespaceSelector: { matchLabels: { none: c.id } },
              resourceRules: [
                { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
              ],
            },
            validations: [{ expression: 'object.spec.replicas <= 100' }],
          },
        }) as never,
      status: { patch: { conditions: [condition] }, update: { conditions: [{ ...condition, status: 'False' }] } },
    });
  },
);

spec(
  '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicyBinding API operations [Conformance]',
  async (c) => {
    await supportsOperations(c, validatingAdmissionPolicyBindings, {
      draft: () => ({ metadata: {}, spec: { policyName: `none-${c.id}`, validationActions: ['Deny'] } }) as never,
    });
  },
);

const hook = (c: Case, rest: object) => ({
  name: 'modern.example.com',
  clientConfig: { service: { namespace: c.namespace, name: 'webhook', path: '/', port: 8443 } },
  rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
  namespaceSelector: { matchLabels: { [c.id]: 'true' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  failurePolicy: 'Fail',
  timeoutSeconds: 5,
  ...rest,
});

const first = { name: 'expression-1', expression: "object.metadata.namespace == 'production'" };
const second = { name: 'expression-2', expression: "object.metadata.namespace == 'staging'" };
const wrong = { name: 'invalid-expression', expression: '... [] bad expression' };

for (const [kind, resource] of [
  ['mutating', mutatingWebhookConfigurations],
  ['validating', validatingWebhookConfigurations as unknown as typeof mutatingWebhookConfigurations],
] as const) {
  const name = (c: Case) => ({ name: `${kind}-${c.id}` });
  const create = async (c: Case, matchConditions: readonly object[]) => {
    const object = { metadata: name(c), webhooks: [hook(c, { matchConditions })] };
    const made = await c.client.create(resource, object as never, c.signal);
    c.defer(() => c.client.delete(resource, name(c), AbortSignal.timeout(10_000)));
    return made;
  };
  const accepts = async (c: Case) => {
    const made = await create(c, [first]);
    c.t.deepEqual(made.webhooks?.[0]?.matchConditions as unknown, [first]);
    const updated = await eventually('an update', async () => {
      const now = await c.client.get(resource, name(c), c.signal);
      const webhooks = now.webhooks?.map((one) => ({ ...one, matchConditions: [first, second] }));
      return c.client.update(resource, { ...now, webhooks } as typeof now, c.signal);
    });
    c.t.deepEqual(updated.webhooks?.[0]?.matchConditions as unknown, [first, second]);
  };
  const rejects = async (c: Case) => {
    const error = await c.t.throwsAsync(create(c, [wrong]));
    c.t.regex(error?.message ?? '', /matchConditions\[0\]\.expression: Invalid value: .*compilation failed/s);
  };
  if (kind === 'mutating') {
    spec(
      '[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update mutating webhook configurations with match conditions [Conformance]',
      accepts,
    );
    spec(
      '[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject mutating webhook configurations with invalid match conditions [Conformance]',
      rejects,
    );
  } else {
    spec(
      '[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and update validating webhook configurations with match conditions [Conformance]',
      accepts,
    );
    spec(
      '[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject validating webhook configurations with invalid match conditions [Conformance]',
      rejects,
    );
  }
}

spec(
  "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate everything except 'skip-me' configmaps [Conformance]",
  async (c) => {
    const { t, client, signal } = c;
    const host = `webhook.${c.namespace}.svc`;
    const authority = await createAuthority('modern', Date.now());
    const pair = await issueCertificate(
      authority,
      { commonName: host, names: [host], usages: ['server'] } as never,
      Date.now(),
    );
    const server = nodeScript(`
    const pair = ${JSON.stringify(pair)};
    require('node:https').createServer(pair, (request, answer) => {
      let text = '';
      request.on('data', (chunk) => { text += chunk; });
      request.on('end', () => {
        const { apiVersion, kind, request: { uid } } = JSON.parse(text);
        const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/data/mutated', value: 'yes' }])).toString('base64');
        const response = { uid, allowed: true, patchType: 'JSONPatch', patch };
        answer.setHeader('content-type', 'application/json');
        answer.end(JSON.stringify({ apiVersion, kind, response }));
      });
    }).listen(8443);
  `);
    const labels = { webhook: c.id };
    await readyPod(c, 'webhook', { labels, ...server });
    await c.create(services, { metadata: { name: 'webhook' }, spec: { selector: labels, ports: [{ port: 8443 }] } });
    await client.patch(
      namespaces,
      { name: c.namespace },
      { type: 'merge', body: { metadata: { labels: { [c.id]: 'true' } } } },
      signal,
    );
    const caBundle = Buffer.from(authority.cert).toString('base64');
    const { clientConfig, ...rest } = hook(c, {
      matchConditions: [{ name: 'skip-me', expression: "object.metadata.name != 'skip-me'" }],
    });
    const webhooks = [{ ...rest, clientConfig: { ...clientConfig, caBundle } }];
    const metadata = { name: `skips-${c.id}` };
    await client.create(mutatingWebhookConfigurations, { metadata, webhooks } as never, signal);
    c.defer(() => client.delete(mutatingWebhookConfigurations, metadata, AbortSignal.timeout(10_000)));

    let tries = 0;
    await eventually('the webhook to be asked', async () => {
      tries += 1;
      return (await c.create(configMaps, { metadata: { name: `probe-${tries}` }, data: { a: 'b' } })).data?.['mutated'];
    });
    const skipped = await c.create(configMaps, { metadata: { name: 'skip-me' }, data: { a: 'b' } });
    t.deepEqual(skipped.data, { a: 'b' });
    const mutated = await c.create(configMaps, { metadata: { name: 'mutate-me' }, data: { a: 'b' } });
    t.deepEqual(mutated.data, { a: 'b', mutated: 'yes' });
  },
);
