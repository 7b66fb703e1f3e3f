// A cloud in memory, which is all that a cloud must be: machines, routes and balancers that are there or not.
import type { LoadBalancerStatus, Node, Service } from '#lib/api/types/core.v1.ts';
import { ReasonError } from '#lib/errors.ts';
import type { CloudProvider, InstanceMetadata, Route } from './provider.ts';

export interface FakeCloud {
  readonly provider: Required<CloudProvider>;
  addMachine(name: string): void;
  stopMachine(name: string): void;
  removeMachine(name: string): void;
}

export function createFakeCloud(): FakeCloud {
  const machines = new Map<string, { isRunning: boolean }>();
  const routes = new Map<string, Route>();
  const balancers = new Map<string, LoadBalancerStatus>();
  const idOf = (name: string) => `fake://${name}`;
  const machineOf = ({ metadata, spec }: Node) => {
    if (spec.providerID && !spec.providerID.startsWith('fake://')) return 'foreign';
    return machines.get(spec.providerID?.slice('fake://'.length) ?? metadata.name);
  };
  const keyOf = ({ node, destination }: Route) => `${node} ${destination}`;
  const balancerOf = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`;
  return {
    addMachine: (name) => void machines.set(name, { isRunning: true }),
    stopMachine: (name) => void machines.set(name, { isRunning: false }),
    removeMachine: (name) => void machines.delete(name),
    provider: {
      name: 'fake',
      instances: {
        exists: async (node) => machineOf(node) !== undefined,
        async isShutdown(node) {
          const machine = machineOf(node);
          return machine !== 'foreign' && machine?.isRunning === false;
        },
        async describe(node): Promise<InstanceMetadata | undefined> {
          const machine = machineOf(node);
          if (machine === 'foreign') return undefined;
          const { name } = node.metadata;
          if (machine === undefined) throw new ReasonError('NotFound', `There is no machine ${name}`);
          const addresses = [{ type: 'Hostname' as const, address: name }];
          return { providerID: idOf(name), instanceType: 'small', addresses, zone: 'z1', region: 'r1' };
        },
      },
      routes: {
        list: async () => [...routes.values()],
        create: async (route) => void routes.set(keyOf(route), route),
        remove: async (route) => void routes.delete(keyOf(route)),
      },
      loadBalancers: {
        async ensure(service) {
          const status = balancers.get(balancerOf(service)) ?? {
            ingress: [{ hostname: `lb-${balancers.size}.invalid` }],
          };
          balancers.set(balancerOf(service), status);
          return status;
        },
        async update() {},
        remove: async (service) => void balancers.delete(balancerOf(service)),
        status: async (service) => balancers.get(balancerOf(service)),
      },
    },
  };
}
