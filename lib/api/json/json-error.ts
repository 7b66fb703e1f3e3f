/** JSON that cannot be what it should be. The message is in the words of Go's encoding/json, which clients know. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}
