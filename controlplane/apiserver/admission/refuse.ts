import { failure, forbidden, type StatusError } from '#lib/api/status.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import type { Attributes } from './admission.ts';

/** The refusal of a plugin, as clients know it. Rule: admission.NewForbidden. */
export function refuse(attributes: Attributes, why: string, causes?: readonly StatusCause[]): StatusError {
  const { group, resource } = attributes;
  const name = attributes.name || attributes.object?.metadata.name || attributes.object?.metadata.generateName || '';
  const plain = name === '' ? nameless({ group, resource }, why) : forbidden({ group, resource }, name, why);
  if (causes === undefined) return plain;
  return failure('Forbidden', plain.message, { ...plain.status.details, causes });
}

function nameless(
  { group, resource }: { readonly group: string; readonly resource: string },
  why: string,
): StatusError {
  const shown = group === '' ? resource : `${resource}.${group}`;
  return failure('Forbidden', `${shown} is forbidden: ${why}`, { group, kind: resource });
}

/** Whether a new pod is on its way, itself and not a part of it. */
export function isNewPod({ operation, group, resource, subresource }: Attributes): boolean {
  return operation === 'CREATE' && group === '' && resource === 'pods' && subresource === '';
}
