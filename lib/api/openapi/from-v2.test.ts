import test from 'ava';
import type { Schema } from './definition.ts';
import { v3FromV2 } from './from-v2.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const get = {
  description: 'reads one',
  operationId: 'readFlunder',
  consumes: ['*/*'],
  produces: ['application/json', 'application/yaml'],
  schemes: ['https'],
  parameters: [{ name: 'exact', in: 'query', type: 'boolean', uniqueItems: true, description: 'as it is' }],
  responses: {
    '200': { description: 'OK', schema: { $ref: '#/definitions/example.Flunder' } },
    '401': { description: 'Unauthorized' },
  },
  'x-kubernetes-action': 'get',
};
const put = {
  consumes: ['application/json'],
  parameters: [
    { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/example.Flunder' } },
    { name: 'ids', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'csv' },
  ],
  responses: {},
};
const path = '/apis/x.example.com/v1/flunders/{name}';
const parameters = [{ name: 'name', in: 'path', required: true, type: 'string', uniqueItems: true }];
const document = v3FromV2(
  {
    paths: { [path]: { get, put, parameters } },
    definitions: { 'example.Flunder': { type: 'object', properties: { metadata: { $ref: `#/definitions/${meta}` } } } },
  },
  'v1.37.0',
);
const at = (...keys: readonly string[]) => keys.reduce<Schema>((one, key) => one[key] as Schema, document);

test('v3FromV2() makes a document of version 3', (t) => {
  t.like(document, { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.37.0' } });
});

test('v3FromV2() says in each answer of which type it is', (t) => {
  const schema = { $ref: '#/components/schemas/example.Flunder' };
  t.deepEqual(at('paths', path, 'get'), {
    description: 'reads one',
    operationId: 'readFlunder',
    'x-kubernetes-action': 'get',
    parameters: [
      { name: 'exact', in: 'query', description: 'as it is', schema: { type: 'boolean', uniqueItems: true } },
    ],
    responses: {
      '200': { description: 'OK', content: { 'application/json': { schema }, 'application/yaml': { schema } } },
      '401': { description: 'Unauthorized' },
    },
  });
});

test('v3FromV2() takes the body out of the parameters', (t) => {
  const schema = { $ref: '#/components/schemas/example.Flunder' };
  t.deepEqual(at('paths', path, 'put'), {
    parameters: [{ name: 'ids', in: 'query', schema: { type: 'array', items: { type: 'string' } } }],
    requestBody: { content: { 'application/json': { schema } } },
    responses: {},
  });
  t.deepEqual(at('paths', path)['parameters'], [
    { name: 'name', in: 'path', required: true, schema: { type: 'string', uniqueItems: true } },
  ]);
});

test('v3FromV2() brings along what it refers to', (t) => {
  const { schemas } = document['components'] as { schemas: Record<string, Schema> };
  t.like(schemas['example.Flunder'], { properties: { metadata: { $ref: `#/components/schemas/${meta}` } } });
  t.like(schemas[meta], { type: 'object' });
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) t.true(name! in schemas, name);
  t.false(text.includes('#/definitions/'));
});
