// A pod that speaks the gRPC health protocol, with a server of its own.
import type { Container, Volume } from '#lib/api/types/core.v1.ts';
import { nodeProgram } from './node-program.ts';

/**
 * A container that serves grpc.health.v1.Health/Check on port 5000: SERVING, and NOT_SERVING once `healthyMs` are over.
 * Rule: the gRPC Health Checking Protocol.
 */
export function healthServer(
  healthyMs: number,
  rest: Partial<Container>,
): { readonly container: Container; readonly volumes: readonly Volume[] } {
  return nodeProgram(program(healthyMs), { ports: [{ containerPort: 5000 }], ...rest });
}

/** Frames by hand: one message, field 1 = 1 (SERVING) or 2 (NOT_SERVING). */
const program = (healthyMs: number) => `
  const endMs = Date.now() + ${healthyMs};
  require('node:http2').createServer().on('stream', (stream) => {
    stream.on('data', () => {}).on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, Date.now() < endMs ? 1 : 2]));
  }).listen(5000);
  process.on('SIGTERM', () => process.exit(0));
`;
