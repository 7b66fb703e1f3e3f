import test from 'ava';
import { type AnswerForm, negotiate } from './negotiate.ts';

const chooses = test.macro<[string, Partial<AnswerForm>]>({
  title: (_title, accept) => `negotiate() answers ${JSON.stringify(accept)}`,
  exec: (t, accept, expected) => {
    t.like(negotiate(accept), expected);
  },
});

const kubectl =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
test(chooses, '', { encoding: 'json', as: 'object' });
test(chooses, '*/*', { encoding: 'json' });
test(chooses, kubectl, { encoding: 'json', as: 'table', metaVersion: 'v1' });
test(chooses, 'application/vnd.kubernetes.protobuf, */*', { encoding: 'protobuf' });
test(chooses, 'application/vnd.kubernetes.protobuf;stream=watch,application/json', { encoding: 'protobuf' });
test(chooses, 'application/json;q=0.5,application/yaml;q=0.9', { isYaml: true });
test(chooses, 'text/html,application/json;q=0.1', { encoding: 'json', isYaml: false });
test(chooses, 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1beta1', {
  as: 'metadata',
  metaVersion: 'v1beta1',
});
test(chooses, 'application/json;as=Table;v=v2;g=meta.k8s.io,application/json', { as: 'object' });

test('negotiate() refuses what nobody can serve, as upstream words it', (t) => {
  t.throws(() => negotiate('image/png'), {
    message:
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  });
  t.throws(() => negotiate('application/json;as=Table;v=v1;g=other'), { message: /only the following/ });
});
