// Probes over gRPC.

import { healthServer } from './support/node-grpc.ts';
import { forever, isReady, shell, spec } from './support/node-space.ts';

const grpc = { port: 5000 };
// One failure counts: a machine that is busy gets the seconds for an answer that upstream's own specs allow.
const livenessProbe = { grpc, initialDelaySeconds: 2, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1 };
/** However long the server takes to start: liveness is not asked about before. */
const startupProbe = { grpc, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 60 };

spec(
  '[sig-node] Probing container should *not* be restarted with a GRPC liveness probe [Conformance] [NodeConformance]',
  async ({ createPod, when }, t) => {
    const { container, volumes } = healthServer(600_000, { livenessProbe, startupProbe });
    await createPod('healthy', { containers: [container], volumes });
    await when('healthy', 'ready', isReady, 90_000);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const { status } = await when('healthy', 'there', () => true);
    t.like(status.containerStatuses?.[0], { restartCount: 0, ready: true });
  },
);

spec(
  '[sig-node] Probing container should be restarted with a GRPC liveness probe [Conformance] [NodeConformance]',
  async ({ createPod, when }, t) => {
    const { container, volumes } = healthServer(15_000, { livenessProbe, startupProbe });
    await createPod('failing', { containers: [container], volumes });
    await when('failing', 'seen healthy', ({ status }) => status.containerStatuses?.[0]?.started === true, 90_000);
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
