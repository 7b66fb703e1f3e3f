import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { LifecycleHandler } from '#lib/api/types/core.v1.ts';
import { createFakeClock } from '#lib/clock.ts';
import { http } from '#lib/http.ts';
import { exampleContainer, examplePod } from './example.ts';
import { runHook } from './hooks.ts';

function setUp(exitCode = 0) {
  const told: string[] = [];
  const bytes = (text: string) => new TextEncoder().encode(text);
  const tools = {
    runtime: { execSync: async () => ({ exitCode, stdout: bytes('out'), stderr: bytes('err') }) },
    clock: createFakeClock(),
    record: (_pod: unknown, type: string, reason: string, message: string) =>
      void told.push(`${type} ${reason} ${message}`),
  };
  const target = { pod: examplePod(), container: exampleContainer('main'), containerId: 'c', podIp: '127.0.0.1' };
  const run = (hook: LifecycleHandler) => runHook(hook, target, tools, new AbortController().signal);
  return { run, told };
}

test('runHook() tells why a command failed, as upstream does', async (t) => {
  const { message } = (await t.throwsAsync(setUp(3).run({ exec: { command: ['sh', '-c', 'x'] } })))!;
  t.is(
    message,
    `Exec lifecycle hook ([sh -c x]) for Container "main" in Pod "web_default(u1)" failed - error: command 'sh -c x' exited with 3: err, message: "outerr"`,
  );
});

test('runHook() refuses a hook by TCP', async (t) => {
  await t.throwsAsync(setUp().run({ tcpSocket: { port: 1 } }), { message: 'Cannot run handler: invalid handler' });
});

test('runHook() takes any answer over HTTP for done, and says who asks', async (t) => {
  const agents: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    agents.push(request.headers['user-agent']);
    response.writeHead(500).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { run, told } = setUp();
  await run({ httpGet: { port } });
  t.deepEqual(told, []);
  await run({ httpGet: { port, scheme: 'HTTPS' } });
  t.deepEqual(agents, ['kube-lifecycle/1.37', 'kube-lifecycle/1.37']);
  t.deepEqual(told, [
    `Warning LifecycleHTTPFallback request to HTTPS lifecycle hook 127.0.0.1:${port} got HTTP response, retry with HTTP succeeded`,
  ]);
  server.close();
  const gone = await t.throwsAsync(run({ httpGet: { port, path: '/bye' } }));
  t.regex(gone?.message ?? '', /^HTTP lifecycle hook \(\/bye\) for Container "main" .+ failed - error: /);
});
