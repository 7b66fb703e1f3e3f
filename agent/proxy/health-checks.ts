import type { Server } from 'node:http';
import { splitKey } from '#lib/api/resource.ts';
import { http } from '#lib/http.ts';
import type { Log } from '#lib/log.ts';
import type { PortPlan } from './plan.ts';

/**
 * Health check node ports: load balancers of Services under externalTrafficPolicy Local ask there whether this node has
 * targets of its own. One server for each such Service, at most as many as there are node ports.
 */
export interface HealthChecks {
  /** Takes in the newest plans of a Service. */
  update(key: string, plans: readonly PortPlan[]): void;
  close(): void;
}

/** `isProxyRight`: whether what goes to this node would get there. */
export function createHealthChecks(isProxyRight: () => boolean, log: Log): HealthChecks {
  const open = new Map<string, { readonly port: number; readonly server: Server; localCount: number }>();

  function close(key: string): void {
    const check = open.get(key);
    check?.server.close();
    check?.server.closeAllConnections();
    open.delete(key);
  }

  return {
    update(key, plans) {
      const port = plans.find((plan) => plan.healthCheckNodePort !== undefined)?.healthCheckNodePort;
      if (open.has(key) && open.get(key)?.port !== port) close(key);
      if (port === undefined) return;
      const localCount = Math.max(...plans.map(({ targets }) => targets.localReadyCount));
      const known = open.get(key);
      if (known !== undefined) {
        known.localCount = localCount;
        return;
      }
      const service = splitKey(key);
      const server = http.createServer({ requestTimeout: 10_000 }, (_request, response) => {
        const count = open.get(key)?.localCount ?? 0;
        const isRight = isProxyRight();
        response.writeHead(count > 0 && isRight ? 200 : 503, {
          'content-type': 'application/json',
          'x-content-type-options': 'nosniff',
          'x-load-balancing-endpoint-weight': `${count}`,
        });
        response.end(JSON.stringify({ service, localEndpoints: count, serviceProxyHealthy: isRight }));
      });
      server.maxConnections = 100;
      server.on('error', (error) =>
        log.error('Could not serve a health check node port', { service: key, err: error }),
      );
      server.listen(port);
      open.set(key, { port, server, localCount });
    },
    close: () => {
      for (const key of [...open.keys()]) close(key);
    },
  };
}
