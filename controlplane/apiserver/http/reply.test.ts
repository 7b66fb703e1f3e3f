import test from 'ava';
import { pushed } from '../pushed.ts';
import { jsonType, plainForm, yamlType } from './negotiate.ts';
import { finish } from './reply.ts';

const headers = { 'content-type': jsonType };
const whole = '{"kind":"List","items":[1,2]}\n';

async function* inPieces(): AsyncGenerator<Uint8Array> {
  for (const piece of [whole.slice(0, 9), whole.slice(9)]) yield Buffer.from(piece);
}

test('finish() turns a list into YAML, or indents it, in whatever way it comes', async (t) => {
  for (const body of [() => whole, () => Buffer.from(whole), inPieces]) {
    const yaml = await finish({ status: 200, headers, body: body() }, { ...plainForm, isYaml: true });
    t.is(yaml.headers['content-type'], yamlType);
    t.is(yaml.body, 'items:\n  - 1\n  - 2\nkind: List\n');
    const pretty = await finish({ status: 200, headers, body: body() }, { ...plainForm, isPretty: true });
    t.is(pretty.body, '{\n  "kind": "List",\n  "items": [\n    1,\n    2\n  ]\n}\n');
  }
});

test('finish() leaves a watch as it is', async (t) => {
  const body = pushed(() => ({ resume() {}, stop() {} }));
  t.is((await finish({ status: 200, headers, body }, { ...plainForm, isYaml: true })).body, body);
});
