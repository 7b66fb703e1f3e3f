import { type ControllerContext, contextFor } from '../controllers/shared/context.ts';
import { runCloudNodes } from './nodes.ts';
import type { CloudProvider } from './provider.ts';
import { runCloudRoutes } from './routes.ts';
import { runCloudServices } from './services.ts';

export interface CloudOptions {
  /** `lab`, and the file with its machines. */
  readonly provider: string;
  readonly config: string;
}

/** The provider of that name. @throws {RangeError} if there is none */
export async function openProvider({ provider, config }: CloudOptions): Promise<CloudProvider> {
  if (provider !== 'lab') throw new RangeError(`Cannot use the cloud provider ${provider}: there is lab, and no other`);
  const { createLabProvider } = await import('./lab/provider.ts');
  return createLabProvider(config);
}

/** Does for a cluster what its cloud can do, until `signal` is aborted. */
export async function startCloud(
  provider: CloudProvider,
  clusterCidrs: readonly string[],
  options: Parameters<typeof contextFor>[1],
  signal: AbortSignal,
): Promise<void> {
  const as = (name: string, account = name): ControllerContext =>
    contextFor(name, { ...options, clientFor: () => options.clientFor(account) }, signal);
  const { instances, routes, loadBalancers } = provider;
  await Promise.all([
    instances && runCloudNodes(instances, as('cloud-node-controller', 'node-controller'), signal),
    routes && runCloudRoutes(routes, clusterCidrs, as('route-controller'), signal),
    loadBalancers && runCloudServices(loadBalancers, as('service-controller'), signal),
  ]);
}
