import { hasReason } from '#lib/errors.ts';

/** Whether `error` says that nothing can be made in a namespace that is going: no reason to complain. */
export function isOfDyingNamespace(error: unknown): boolean {
  const { status } = error as { status?: { details?: { causes?: readonly { reason?: string }[] } } };
  const isGoing = status?.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false;
  return hasReason(error, 'Forbidden') && isGoing;
}
