// What a cloud has to do for a cluster. A provider implements the parts that it has; suite.ts says what each must hold to.
//
// Vocabulary: an instance is the machine behind a node, found by the node's providerID ("lab://a1b2/node1") once it has one,
// by its name before. Every call may be repeated: doing again what is done changes nothing. What cannot be found out is an
// error, never "it does not exist": nodes are removed for that.
// Rule: cloud-provider's InstancesV2, Routes and LoadBalancer.
import type { LoadBalancerStatus, Node, NodeAddress, Service } from '#lib/api/types/core.v1.ts';

export interface CloudProvider {
  /** What providerIDs begin with. */
  readonly name: string;
  readonly instances?: Instances;
  readonly routes?: Routes;
  readonly loadBalancers?: LoadBalancers;
}

export interface Instances {
  /** Whether the machine of `node` is there, running or not. Nodes that are none of this cloud's exist. */
  exists(node: Node, signal: AbortSignal): Promise<boolean>;
  /** Whether it is there and turned off. */
  isShutdown(node: Node, signal: AbortSignal): Promise<boolean>;
  /** What the cloud knows of it; undefined if it is none of this cloud's. @throws {ReasonError} NotFound if it is gone */
  describe(node: Node, signal: AbortSignal): Promise<InstanceMetadata | undefined>;
}

export interface InstanceMetadata {
  readonly providerID: string;
  readonly instanceType?: string;
  readonly addresses: readonly NodeAddress[];
  readonly zone?: string;
  readonly region?: string;
}

/** Ways to the pods of a node, where the network needs to be told. */
export interface Routes {
  list(signal: AbortSignal): Promise<readonly Route[]>;
  create(route: Route, signal: AbortSignal): Promise<void>;
  remove(route: Route, signal: AbortSignal): Promise<void>;
}

export interface Route {
  readonly node: string;
  readonly destination: string;
  /** Its node is no more. */
  readonly isBlackhole?: boolean;
}

export interface LoadBalancers {
  /** Makes the balancer for `service`, or brings it into line with it; `nodes` take its traffic. */
  ensure(service: Service, nodes: readonly Node[], signal: AbortSignal): Promise<LoadBalancerStatus>;
  /** Only the nodes are others. */
  update(service: Service, nodes: readonly Node[], signal: AbortSignal): Promise<void>;
  /** Settles once it is gone. */
  remove(service: Service, signal: AbortSignal): Promise<void>;
  /** Undefined: there is none. */
  status(service: Service, signal: AbortSignal): Promise<LoadBalancerStatus | undefined>;
}
