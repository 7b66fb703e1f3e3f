// Discovery and OpenAPI: what the API is, for clients and for people.
import type { PathRoute } from './paths.ts';

export function documentRoutes(): ReadonlyMap<string, PathRoute> {
  return new Map<string, PathRoute>();
}
