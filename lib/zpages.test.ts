import test from 'ava';
import type { StatusError } from './api/status.ts';
import { flagz, statusz } from './zpages.ts';

const facts = {
  component: 'kubelet',
  startedAtMs: Date.UTC(2026, 9, 3, 21, 3, 43),
  nowMs: Date.UTC(2026, 9, 4, 22, 5, 1),
  version: 'v1.37.0+a.1',
  paths: ['/healthz', '/pods'],
};
const warning = 'Warning: for people in search of a fault. Its form may change any time: programs ask for JSON.';

test('statusz() tells people what runs since when', (t) => {
  for (const accept of [undefined, '', 'text/plain', '*/*', 'text/html, text/plain;charset=utf-8;q=0.9']) {
    const { type, body } = statusz(accept, facts);
    t.is(type, 'text/plain; charset=utf-8');
    t.is(
      body,
      `\nkubelet statusz\n${warning}\n\nStarted: Sat Oct  3 21:03:43 UTC 2026\nUp: 25 hr 01 min 18 sec\n` +
        `Go version: node ${process.version}\nBinary version: 1.37.0+a.1\nEmulation version: 1.37\nPaths: /healthz /pods\n`,
    );
  }
});

test('statusz() tells programs that name a version', (t) => {
  for (const version of ['v1alpha1', 'v1beta1']) {
    const { type, body } = statusz(`application/json;v=${version};g=config.k8s.io;as=Statusz`, facts);
    t.is(type, 'application/json');
    t.deepEqual(JSON.parse(body), {
      kind: 'Statusz',
      apiVersion: `config.k8s.io/${version}`,
      metadata: { name: 'kubelet' },
      startTime: '2026-10-03T21:03:43Z',
      uptimeSeconds: 90_078,
      goVersion: `node ${process.version}`,
      binaryVersion: '1.37.0+a.1',
      emulationVersion: '1.37',
      paths: ['/healthz', '/pods'],
    });
  }
});

test('flagz() shows the command line, sorted, and as an object to who names a version', (t) => {
  const flags = { port: '10250', config: '/etc/kubelet.yaml' };
  t.is(
    flagz(undefined, 'kubelet', flags).body,
    `\nkubelet flags\n${warning}\n\nconfig=/etc/kubelet.yaml\nport=10250\n`,
  );
  t.deepEqual(JSON.parse(flagz('application/json;as=Flagz;g=config.k8s.io;v=v1alpha1', 'kubelet', flags).body), {
    kind: 'Flagz',
    apiVersion: 'config.k8s.io/v1alpha1',
    metadata: { name: 'kubelet' },
    flags,
  });
});

for (const accept of [
  'application/json',
  'application/json;v=v1alpha1;g=config.k8s.io;as=Flagz',
  'application/json;v=v3;g=config.k8s.io;as=Statusz',
  'text/html',
]) {
  test(`statusz() has nothing of ${accept}`, (t) => {
    t.is(t.throws<StatusError>(() => statusz(accept, facts))?.code, 406);
  });
}
