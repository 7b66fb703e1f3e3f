// Strict validation of the fields of built-in kinds.
import { type Case, spec } from './support/spec.ts';

/** What is said against a Deployment that is created with strict validation; nothing if it was taken. */
async function strictly(c: Case, { metadata = '', fields = '' } = {}): Promise<string> {
  const path = `/apis/apps/v1/namespaces/${c.namespace}/deployments?fieldManager=modern&fieldValidation=Strict`;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const template =
    '{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"main","image":"skiff.local/pause:1"}]}}';
  const wish = `{${fields}"replicas":0,"selector":{"matchLabels":{"a":"b"}},"template":${template}}`;
  const text = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{${metadata}"name":"strict"},"spec":${wish}}`;
  const answer = await c.connection.transport.request({ method: 'POST', path, headers, body: text }, c.signal);
  const said = Buffer.concat(await Array.fromAsync(answer.body)).toString();
  if (answer.status < 300) return '';
  c.t.is(answer.status, 400);
  return (JSON.parse(said) as { readonly message: string }).message;
}

spec(
  '[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object [Conformance]',
  async (c) => {
    const said = await strictly(c, { fields: '"unknownField":"foo","replicas":3,' });
    c.t.regex(said, /strict decoding error: unknown field "spec\.unknownField", duplicate field "spec\.replicas"/);
    c.t.is(await strictly(c), '');
  },
);

spec(
  '[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object [Conformance]',
  async (c) => {
    const said = await strictly(c, { metadata: '"unknownMeta":"foo",' });
    c.t.regex(said, /strict decoding error: unknown field "metadata\.unknownMeta"/);
    c.t.is(await strictly(c), '');
  },
);
