// Policies that change what comes in, by expressions.
import {
  deployments,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  namespaces,
} from '#lib/api/resources.ts';
import { eventually } from '../../live/cluster.ts';
import { supportsOperations } from './support/api-operations.ts';
import { template } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] };

const policySpec = (c: Case, mutations: readonly object[], failurePolicy = 'Fail') => ({
  failurePolicy,
  reinvocationPolicy: 'Never',
  matchConstraints: { namespaceSelector: { matchLabels: { [c.id]: 'true' } }, resourceRules: [rule] },
  mutations,
});

const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

/** A policy for Deployments of the spec's namespace alone, in force. */
async function enforce(c: Case, mutations: readonly object[]): Promise<void> {
  const { client, signal } = c;
  const labels = { [c.id]: 'true' };
  await client.patch(namespaces, { name: c.namespace }, { type: 'merge', body: { metadata: { labels } } }, signal);
  const policyName = `policy-${c.id}.modern.example.com`;
  const policy = { metadata: { name: policyName }, spec: policySpec(c, mutations) };
  await client.create(mutatingAdmissionPolicies, policy as never, signal);
  c.defer(() => client.delete(mutatingAdmissionPolicies, { name: policyName }, AbortSignal.timeout(10_000)));
  const name = `binding-${c.id}.modern.example.com`;
  const matchResources = { namespaceSelector: { matchLabels: labels } };
  const binding = { metadata: { name }, spec: { policyName, matchResources } };
  await client.create(mutatingAdmissionPolicyBindings, binding as never, signal);
  c.defer(() => client.delete(mutatingAdmissionPolicyBindings, { name }, AbortSignal.timeout(10_000)));
}

function create(c: Case, name: string, annotations: Readonly<Record<string, string>> = {}) {
  const labels = { app: name };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template: template(labels) };
  return c.create(deployments, { metadata: { name, annotations }, spec });
}

/** What the first Deployment comes to on which the policy works: it need not be in force at once. */
function firstMutated(c: Case, annotations: Readonly<Record<string, string>> = {}) {
  let tries = 0;
  return eventually('a mutated Deployment', async () => {
    const made = await create(c, `probe-${++tries}`, annotations);
    return made.metadata.annotations?.['mutated-by'] === 'admission-policy' && made;
  });
}

spec(
  '[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment [Conformance]',
  async (c) => {
    await enforce(c, [
      apply('Object{ metadata: Object.metadata{ annotations: { "mutated-by": "admission-policy" } } }'),
    ]);
    const { metadata } = await firstMutated(c);
    const stored = await c.client.get(deployments, c.at(metadata.name), c.signal);
    c.t.is(stored.metadata.annotations?.['mutated-by'], 'admission-policy');
    c.t.is(stored.spec?.replicas, 0, 'nothing else was changed');
  },
);

spec(
  '[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment with annotations [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    await enforce(c, [
      apply('Object{ metadata: Object.metadata{ annotations: { "mutated-by": "admission-policy" } } }'),
      patch(
        '[JSONPatch{ op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("modern.example.com/named"), value: object.metadata.name }]',
      ),
    ]);
    const { metadata } = await firstMutated(c, { kept: 'yes', 'mutated-by': 'nobody' });
    const wish = { kept: 'yes', 'mutated-by': 'admission-policy', 'modern.example.com/named': metadata.name };
    t.like(metadata.annotations, wish);
    const at = c.at(metadata.name);
    const body = { metadata: { annotations: { 'mutated-by': 'somebody', more: 'too' } } };
    const updated = await client.patch(deployments, at, { type: 'merge', body }, signal);
    t.like(updated.metadata.annotations, { ...wish, more: 'too' }, 'an update is mutated, too');
  },
);

spec(
  '[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicy API operations [Conformance]',
  async (c) => {
    const mutation = apply('Object{ metadata: Object.metadata{ annotations: { "my-foo": "myValue" } } }');
    await supportsOperations(c, mutatingAdmissionPolicies, {
      draft: () => ({ metadata: {}, spec: policySpec(c, [mutation], 'Ignore') }) as never,
      change: (policy) => ({ ...policy, spec: { ...policy.spec, failurePolicy: 'Fail' } }) as typeof policy,
    });
  },
);

spec(
  '[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicyBinding API operations [Conformance]',
  async (c) => {
    await supportsOperations(c, mutatingAdmissionPolicyBindings, {
      draft: () => ({ metadata: {}, spec: { policyName: `none-${c.id}` } }) as never,
    });
  },
);
