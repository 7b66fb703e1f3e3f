// A pod that speaks the gRPC health protocol: this checkout's Node.js, seen through hostPath volumes, with a server of its own.
import { dirname } from 'node:path';
import type { Container, Volume } from '#lib/api/types/core.v1.ts';
import { image } from './node-space.ts';

/**
 * A container that serves grpc.health.v1.Health/Check on port 5000: SERVING, and NOT_SERVING once `healthyMs` are over.
 * Rule: the gRPC Health Checking Protocol.
 */
export function healthServer(healthyMs: number, rest: Partial<Container>): { container: Container; volumes: Volume[] } {
  const paths = [dirname(process.execPath), ...libraries];
  return {
    container: {
      name: 'main',
      image,
      command: [process.execPath, '-e', program(healthyMs)],
      ports: [{ containerPort: 5000 }],
      volumeMounts: paths.map((path, at) => ({ name: `v${at}`, mountPath: path, readOnly: true })),
      ...rest,
    },
    volumes: paths.map((path, at) => ({ name: `v${at}`, hostPath: { path } })),
  };
}
const libraries = ['/lib', '/lib64', '/usr/lib'];

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
