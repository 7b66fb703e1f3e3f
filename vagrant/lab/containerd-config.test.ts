import test from 'ava';
import { majorOf, renderContainerdConfig } from './containerd-config.ts';
import { layoutOf } from './layout.ts';

const options = { dataDir: '/data', nodeCount: 1, isolated: true, apiPort: 6443, runtimeHandlers: ['other'] };
const [node] = layoutOf(options, 'abcd').nodes;
const facts = { sandboxImage: 'pause:1', cniBinDir: '/cni', maySetOomScore: false, runtimeHandlers: ['other'] };

for (const [major, runtime, sandbox] of [
  [1, 'plugins."io.containerd.grpc.v1.cri"', 'sandbox_image = "pause:1"'],
  [2, "plugins.'io.containerd.cri.v1.runtime'", 'sandbox = "pause:1"'],
] as const) {
  test(`renderContainerdConfig() says the same to containerd ${major}`, (t) => {
    const lines = renderContainerdConfig(node!, { ...facts, major }).split('\n');
    t.is(lines[0], `version = ${major + 1}`);
    for (const line of [
      sandbox,
      'restrict_oom_score_adj = true',
      'config_path = "/data/nodes/node1/registries"',
      'conf_dir = "/etc/cni/net.d"',
      `[${runtime}.cni]`,
      `[${runtime}.containerd.runtimes.runc.options]`,
      `[${runtime}.containerd.runtimes.other]`,
    ])
      t.true(lines.includes(line), line);
  });
}

test('majorOf() reads what containerd says of itself', (t) => {
  t.is(majorOf('containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3'), 1);
  t.is(majorOf('containerd github.com/containerd/containerd/v2 2.1.9+unknown '), 2);
  t.throws(() => majorOf('nothing'), { message: /Cannot tell/ });
});
