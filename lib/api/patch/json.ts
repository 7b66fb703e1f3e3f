import { badRequest, failure } from '../status.ts';
import { doesNotApply } from './errors.ts';
import { wrongForm } from './form.ts';
import { addAt, copyOf, isEqualAt, removeAt, replaceAt, sizeOf, valueAt } from './pointer.ts';
import { isMap, type JsonMap } from './value.ts';

const maxOperations = 10_000;
/** What all copies of one patch may add up to, so that copies of copies do not grow without end. */
const maxCopiedBytes = 3 * 1024 * 1024;

/**
 * `document` changed by the operations of a JSON patch, in order; the document itself stays as it is.
 * Rule: RFC 6902, with negative indices as upstream allows them.
 * @throws {StatusError} BadRequest if the patch is malformed, RequestEntityTooLarge above 10,000 operations,
 *   Invalid if an operation does not apply
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = check(patch);
  let result = copyOf(document);
  let copied = 0;
  for (const operation of operations) {
    if (operation.op === 'copy') copied += sizeOf(valueAt(result, operation.from));
    if (copied > maxCopiedBytes) throw doesNotApply();
    result = step(result, operation);
  }
  return result;
}

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string };

function step(document: unknown, operation: Operation): unknown {
  const { op, path } = operation;
  switch (op) {
    case 'add':
      return addAt(document, path, copyOf(operation.value));
    case 'replace':
      return replaceAt(document, path, copyOf(operation.value));
    case 'remove':
      return removeAt(document, path);
    case 'test':
      if (!isEqualAt(document, path, operation.value)) throw doesNotApply();
      return document;
    case 'copy':
      return addAt(document, path, copyOf(valueAt(document, operation.from)));
    case 'move': {
      if (path.startsWith(`${operation.from}/`)) throw doesNotApply();
      const value = valueAt(document, operation.from);
      return addAt(removeAt(document, operation.from), path, value);
    }
  }
}

function check(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch)) throw wrongForm(patch, '[]handlers.jsonPatchOp', 'error decoding patch: ');
  if (patch.length > maxOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`;
    throw failure('RequestEntityTooLarge', `Request entity too large: ${message}`);
  }
  return patch.map((operation) => checkOne(operation));
}

function checkOne(operation: unknown): Operation {
  if (!isMap(operation)) throw badRequest('error decoding patch: an operation must be a JSON object');
  const { op, path, from, value } = operation as JsonMap;
  if (typeof path !== 'string') throw doesNotApply();
  switch (op) {
    case 'remove':
      return { op, path };
    case 'add':
    case 'replace':
    case 'test':
      return { op, path, value: value ?? null };
    case 'move':
    case 'copy':
      if (typeof from !== 'string') throw doesNotApply();
      return { op, path, from };
    default:
      throw doesNotApply();
  }
}
