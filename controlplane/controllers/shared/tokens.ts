import { secrets } from '#lib/api/resources.ts';
import type { Secret } from '#lib/api/types/core.v1.ts';
import { createInformer, type Informer } from '#lib/client/informer.ts';
import { tokenType } from '#lib/join/token.ts';
import type { ControllerContext } from './context.ts';

/** The Secrets by which nodes join, and no others. */
export function tokenInformer({ client, clock, log }: ControllerContext): Informer<Secret> {
  const scope = { namespace: 'kube-system', fieldSelector: `type=${tokenType}` };
  return createInformer({ client, resource: secrets, ...scope, clock, log });
}
