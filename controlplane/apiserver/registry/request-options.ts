import { readDeleteOptions } from './delete-options.ts';
import { isSet } from './options.ts';
import type { ResourceCall } from './registry.ts';

/** The options of a write as an object of meta.k8s.io, as admission webhooks see them. */
export function optionsOf(call: ResourceCall, isDryRun: boolean): object {
  const apiVersion = 'meta.k8s.io/v1';
  const { verb, query } = call;
  if (verb === 'delete' || verb === 'deletecollection') {
    return { ...readDeleteOptions(call), kind: 'DeleteOptions', apiVersion };
  }
  const manager = query.get('fieldManager');
  const validation = query.get('fieldValidation');
  const force = query.get('force');
  return {
    kind: kinds[verb] ?? 'UpdateOptions',
    apiVersion,
    ...(isDryRun ? { dryRun: ['All'] } : {}),
    ...(force === null ? {} : { force: isSet(force) }),
    ...(manager ? { fieldManager: manager } : {}),
    ...(validation ? { fieldValidation: validation } : {}),
  };
}
const kinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
};
