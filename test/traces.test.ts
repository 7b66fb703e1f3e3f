import test from 'ava';
import { isPartOfCluster } from './traces.ts';

const part = test.macro<[string, boolean]>({
  title: (_title, words, is) => `isPartOfCluster() is ${is} of "${words}"`,
  exec: (t, words, is) => t.is(isPartOfCluster(words), is),
});
test(part, '/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 1', true);
test(part, 'node cli/main.ts agent --node-name a', true);
test(part, '/usr/sbin/nft monitor destroy', true);
test(part, 'ip -oneline monitor link address route', true);
test(part, 'busctl monitor --json=short --match=type=signal', true);
test(part, 'ip netns list', false);
test(part, 'node node_modules/ava/entrypoints/cli.js', false);
