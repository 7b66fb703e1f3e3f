import test from 'ava';
import { decodeProtobuf, encodeProtobuf } from '#lib/api/protobuf/codec.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { fromUpstream, toUpstream } from './form.ts';
import { createKinds } from './kinds.ts';

const kindOf = createKinds();
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes!).toString();
const parsed = (bytes: Uint8Array | undefined) => JSON.parse(text(bytes));

const configMap =
  '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"b","uid":"c"},"data":{"d":"e"}}';

test('a built-in kind goes into the envelope and comes back as it was', (t) => {
  const kind = kindOf('/registry/configmaps/b/a');
  const stored = toUpstream(Buffer.from(configMap), kind);
  t.is(text(stored.subarray(0, 4)), 'k8s\0');
  t.like(decodeProtobuf(stored, kind!.type), { kind: 'ConfigMap', apiVersion: 'v1', data: { d: 'e' } });
  t.is(parsed(fromUpstream(stored, kind)).metadata.uid, 'c');
});

test('custom resources, their definitions and APIServices are JSON, with a newline', (t) => {
  const widget = '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"b":1}}';
  const kind = kindOf('/registry/example.com/widgets/b/a');
  t.is(kind, undefined);
  t.is(text(toUpstream(Buffer.from(widget), kind)), `${widget}\n`);
  t.is(
    text(
      fromUpstream(
        Buffer.from('{"spec":{"b":1},"metadata":{"name":"a"},"kind":"Widget","apiVersion":"example.com/v1"}\n'),
        kind,
      ),
    ),
    widget,
  );
  for (const key of ['apiextensions.k8s.io/customresourcedefinitions/a', 'apiregistration.k8s.io/apiservices/a']) {
    t.true(kindOf(`/registry/${key}`)?.isJson);
  }
});

test('what is no object of the API is not shown', (t) => {
  const ranges = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0a, 0])]);
  t.is(fromUpstream(ranges, kindOf('/registry/ranges/serviceips')), undefined);
  t.is(fromUpstream(Buffer.from('3'), kindOf('/registry/health')), undefined);
});

test("older versions are read as today's, with today's defaults", (t) => {
  const kind = kindOf('/registry/poddisruptionbudgets/b/a')!;
  const beta = {
    apiVersion: 'policy/v1beta1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'a' },
    spec: { minAvailable: 1 },
  };
  t.like(parsed(fromUpstream(encodeProtobuf(beta, kind.type), kind)), {
    apiVersion: 'policy/v1',
    spec: { minAvailable: 1 },
  });
  const services = kindOf('/registry/services/specs/b/a')!;
  const old = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a' },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.5' },
  };
  t.is(parsed(fromUpstream(encodeProtobuf(old, services.type), services)).spec.internalTrafficPolicy, 'Cluster');
  const v1 = typeOfKind('autoscaling', 'v1', 'HorizontalPodAutoscaler')!;
  const scaler = {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'a' },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
  };
  const read = parsed(fromUpstream(encodeProtobuf(scaler, v1), kindOf('/registry/horizontalpodautoscalers/b/a')));
  t.is(read.apiVersion, 'autoscaling/v2');
  t.is(read.spec.metrics[0].resource.target.averageUtilization, 70);
});

test('a beta Ingress keeps its backends', (t) => {
  // {metadata: {name: "a"}, spec: {backend: {serviceName: "s", servicePort: 80}}} by the numbers of v1beta1
  const port = Buffer.from([0x08, 0, 0x10, 80, 0x1a, 0]);
  const backend = Buffer.from([0x0a, 1, 0x73, 0x12, port.length, ...port]);
  const spec = Buffer.from([0x0a, backend.length, ...backend]);
  const raw = Buffer.from([0x0a, 3, 0x0a, 1, 0x61, 0x12, spec.length, ...spec]);
  const version = Buffer.from('networking.k8s.io/v1beta1');
  const types = Buffer.from([0x0a, version.length, ...version, 0x12, 7, ...Buffer.from('Ingress')]);
  const stored = Buffer.from([...Buffer.from('k8s\0'), 0x0a, types.length, ...types, 0x12, raw.length, ...raw]);
  const read = parsed(fromUpstream(stored, kindOf('/registry/ingress/b/a')));
  t.is(read.apiVersion, 'networking.k8s.io/v1');
  t.deepEqual(read.spec.defaultBackend, { service: { name: 's', port: { number: 80 } } });
});

test('a beta CustomResourceDefinition is made one of v1', (t) => {
  const kind = kindOf('/registry/apiextensions.k8s.io/customresourcedefinitions/a')!;
  const beta = {
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      version: 'v1',
      names: { plural: 'widgets', kind: 'Widget' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true }],
      validation: { openAPIV3Schema: { type: 'object' } },
      additionalPrinterColumns: [{ name: 'Size', type: 'integer', JSONPath: '.spec.size' }],
      conversion: { strategy: 'None' },
    },
  };
  const { apiVersion, spec } = parsed(fromUpstream(Buffer.from(`${JSON.stringify(beta)}\n`), kind));
  t.is(apiVersion, 'apiextensions.k8s.io/v1');
  t.is(spec.version, undefined);
  t.like(spec.versions[0], {
    name: 'v1',
    schema: { openAPIV3Schema: { type: 'object' } },
    additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
  });
});

test('kinds are found where upstream keeps them', (t) => {
  const kinds = { minions: 'Node', 'services/specs': 'Service', 'services/endpoints': 'Endpoints', ingress: 'Ingress' };
  for (const [place, kind] of Object.entries(kinds)) t.is(kindOf(`/registry/${place}/a`)?.kind, kind);
  t.is(kindOf('/registry/events/a/b')?.version, 'v1');
});
