import { parseDuration } from '#lib/api/json/duration.ts';
import type { ServingRule } from '../server/options.ts';

type Config = Readonly<Record<string, unknown>>;

/** What a completed configuration says of the node's own server. @throws {Error} that names a cipher suite that is not known */
export function servingOf(config: Config): ServingRule {
  const { address, healthzPort, healthzBindAddress, tlsMinVersion, tlsCipherSuites } = config;
  const suites = (tlsCipherSuites as readonly string[] | undefined) ?? [];
  const host = String(healthzBindAddress);
  return {
    ...(address === '0.0.0.0' ? {} : { host: address as string }),
    healthzAddress: healthzPort === 0 ? '' : `${host.includes(':') ? `[${host}]` : host}:${healthzPort}`,
    hasDebugging: config['enableDebuggingHandlers'] === true,
    volumeStatsMs: Number(parseDuration(config['volumeStatsAggPeriod'] as string) / 1_000_000n),
    hasSystemLogs: config['enableSystemLogHandler'] === true,
    minVersion: tlsMinVersion === 'VersionTLS13' ? 'TLSv1.3' : 'TLSv1.2',
    ...(suites.length === 0 ? {} : { ciphers: suites.map(cipherOf).join(':') }),
  };
}

/** Go's name of a cipher suite as OpenSSL has it; those of TLS 1.3 have one name. */
function cipherOf(suite: string): string {
  if (/^TLS_(AES|CHACHA20)_/.test(suite)) return suite;
  const [, exchange, cipher = ''] = /^TLS_(ECDHE_RSA|ECDHE_ECDSA|RSA)_WITH_(.+)$/.exec(suite) ?? [];
  const known = ciphers[cipher.replace(/_SHA256$/, cipher.startsWith('CHACHA20') ? '' : '_SHA256')];
  if (exchange === undefined || known === undefined) {
    throw new Error(
      `invalid configuration: unable to convert TLS cipher suites: Cipher suite ${suite} not supported or doesn't exist`,
    );
  }
  return exchange === 'RSA' ? known : `${exchange.replace('_', '-')}-${known}`;
}
const ciphers: Readonly<Record<string, string>> = {
  AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  AES_128_CBC_SHA: 'AES128-SHA',
  AES_128_CBC_SHA256: 'AES128-SHA256',
  AES_256_CBC_SHA: 'AES256-SHA',
  CHACHA20_POLY1305: 'CHACHA20-POLY1305',
};
