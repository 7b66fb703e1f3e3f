import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { CheckResult } from './check.ts';

/** Asks the gRPC health service. Rule: gRPC Health Checking Protocol; only SERVING (1) is success. */
export function checkGrpc(
  { host, port, service }: { readonly host: string; readonly port: number; readonly service: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckResult> {
  const client = new Client(`${host.includes(':') ? `[${host}]` : host}:${port}`, credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.37',
  });
  return new Promise((resolve) => {
    const call = client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (name: string) => encodeRequest(name),
      (bytes: Buffer) => servingStatusOf(bytes),
      service,
      new Metadata(),
      {},
      (error, serving) => {
        client.close();
        const code = error?.code === status.CANCELLED ? status.DEADLINE_EXCEEDED : error?.code; // nobody else cancels
        if (error !== null)
          resolve({ outcome: 'failure', output: explain(code ?? 0, error.details, host, port, timeoutMs) });
        else if (serving === 1) resolve({ outcome: 'success', output: 'service healthy' });
        else
          resolve({
            outcome: 'failure',
            output: `service unhealthy (responded with "${names[serving ?? 0] ?? serving}")`,
          });
      },
    );
    signal.addEventListener('abort', () => call.cancel(), { once: true });
  });
}
const names = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

function explain(code: number, details: string, host: string, port: number, timeoutMs: number): string {
  if (code === status.DEADLINE_EXCEEDED)
    return `timeout: failed to connect service "${host}:${port}" within ${timeoutMs / 1000}s: ${details}`;
  if (code === status.UNIMPLEMENTED)
    return 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)';
  return `error: health rpc probe failed: ${details}`;
}

/** HealthCheckRequest { string service = 1 }. */
function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service);
  if (text.length === 0) return Buffer.alloc(0);
  const length: number[] = [];
  for (let rest = text.length; ; rest >>>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest & 127) | 128);
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), text]);
}

/** HealthCheckResponse { ServingStatus status = 1 }. */
function servingStatusOf(bytes: Buffer): number {
  return bytes.length >= 2 && bytes[0] === 0x08 ? bytes[1]! : 0;
}
