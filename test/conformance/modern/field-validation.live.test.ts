// Strict validation of the fields of built-in kinds.
import { type Case, spec } from './support/spec.ts';

/** Asks for strict validation of a Deployment, as apply does. */
async function strictly(c: Case, text: string): Promise<string> {
  const path = `/apis/apps/v1/namespaces/${c.namespace}/deployments/field?fieldManager=modern&fieldValidation=Strict`;
  const headers = { 'content-type': 'application/apply-patch+yaml', accept: 'application/json' };
  const { status, body } = await c.connection.transport.request(
    { method: 'PATCH', path, headers, body: text },
    c.signal,
  );
  const answer = Buffer.concat(await Array.fromAsync(body)).toString();
  return status < 300 ? '' : (JSON.parse(answer) as { message: string }).message;
}

const deployment = (extra: { readonly metadata?: string; readonly spec?: string } = {}) => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: field
  labels: {app: field}
${extra.metadata ?? ''}
spec:
${extra.spec ?? ''}
  replicas: 1
  selector: {matchLabels: {app: field}}
  template:
    metadata: {labels: {app: field}}
    spec:
      containers:
      - {name: main, image: 'skiff.local/pause:1'}
`;

spec(
  '[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object [Conformance]',
  async (c) => {
    const refused = await strictly(c, deployment({ spec: '  unknownField: foo\n  paused: true\n  paused: true' }));
    c.t.regex(refused, /unknown field "spec\.unknownField"|field not declared in schema/);
    c.t.regex(refused, /"paused" already set/);
    c.t.is(await strictly(c, deployment()), '');
  },
);

spec(
  '[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object [Conformance]',
  async (c) => {
    const refused = await strictly(c, deployment({ metadata: '  unknownMeta: unknown' }));
    c.t.regex(refused, /unknownMeta/);
    c.t.regex(refused, /unknown field|field not declared in schema/);
    const twice = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', unknownMeta: 'a' } };
    const path = `/api/v1/namespaces/${c.namespace}/configmaps?fieldValidation=Strict`;
    await c.t.throwsAsync(c.client.raw('POST', path, c.signal, twice), {
      message: /unknown field "metadata\.unknownMeta"/,
    });
  },
);
