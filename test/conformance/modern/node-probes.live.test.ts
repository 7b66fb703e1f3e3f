// Probes over gRPC.

import { healthServer } from './support/node-grpc.ts';
import { forever, shell, spec } from './support/node-space.ts';

const livenessProbe = { grpc: { port: 5000 }, initialDelaySeconds: 2, periodSeconds: 1, failureThreshold: 1 };

spec(
  '[sig-node] Probing container should *not* be restarted with a GRPC liveness probe [Conformance] [NodeConformance]',
  async ({ createPod, when }, t) => {
    const { container, volumes } = healthServer(600_000, { livenessProbe });
    await createPod('healthy', { containers: [container], volumes });
    await when('healthy', 'running', ({ status }) => status.containerStatuses?.[0]?.state?.running !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const { status } = await when('healthy', 'there', () => true);
    t.like(status.containerStatuses?.[0], { restartCount: 0, ready: true });
  },
);

spec(
  '[sig-node] Probing container should be restarted with a GRPC liveness probe [Conformance] [NodeConformance]',
  async ({ createPod, when }, t) => {
    const { container, volumes } = healthServer(5_000, { livenessProbe });
    await createPod('failing', { containers: [container], volumes });
    const { status } = await when(
      'failing',
      'restarted',
      (pod) => (pod.status.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
    t.like(status.containerStatuses?.[0]?.lastState, { terminated: { exitCode: 0 } }, 'it was killed while it served');
    const wrongPort = { ...livenessProbe, grpc: { port: 2333 } };
    await createPod('deaf', { containers: [shell('', { command: forever, livenessProbe: wrongPort })] });
    await when('deaf', 'restarted', (pod) => (pod.status.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  },
);
