import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { type AnswerForm, jsonType, negotiate } from '../http/negotiate.ts';
import { wantsPretty } from '../http/pretty.ts';
import { answerObject, finish, notFoundPage } from '../http/reply.ts';
import { methodNotAllowed } from './resources.ts';

/** Answers a GET of a path that is no resource. */
export type PathRoute = (call: Call) => Promise<ApiResponse> | ApiResponse;

export interface PathRoutesOptions {
  /** By path; a path that ends in `/` also stands for all below it. */
  readonly routes: ReadonlyMap<string, PathRoute>;
  /** Those that take other methods, too, and answer for all that is below them. Nobody is told of them. */
  readonly open?: ReadonlyMap<string, PathRoute>;
  /** What `/` lists beside `routes`. */
  paths(): readonly string[];
}

/** Answers requests for paths that are no resources. */
export function createPathRoutes({ routes, open = new Map(), paths }: PathRoutesOptions) {
  const below = [...routes].filter(([path]) => path.endsWith('/')).sort(([a], [b]) => b.length - a.length);
  return async (call: Call): Promise<ApiResponse> => {
    const { path } = call.info;
    const anyMethod = [...open].find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
    if (anyMethod !== undefined) return anyMethod[1](call);
    const route =
      path === '/'
        ? (asked: Call) => answerJson(asked, { paths: [...paths()].sort() })
        : (routes.get(path.replace(/(?<=.)\/$/, '')) ??
          routes.get(path) ??
          below.find(([prefix]) => path.startsWith(prefix))?.[1]);
    if (route === undefined) return notFoundPage();
    if (call.request.method !== 'GET' && call.request.method !== 'HEAD') throw methodNotAllowed();
    return route(call);
  };
}

/** A plain JSON answer, pretty or YAML where that is asked for. */
export async function answerJson({ request }: Call, object: object): Promise<ApiResponse> {
  return finish(
    { status: 200, headers: { 'content-type': jsonType }, body: `${JSON.stringify(object)}\n` },
    formOf(request),
  );
}

/** A document of discovery: JSON as it is, or a message. */
export async function answerDocument(
  { request }: Call,
  document: { readonly kind?: string | undefined },
): Promise<ApiResponse> {
  const form = formOf(request);
  if (form.encoding === 'protobuf')
    return answerObject({ ...document, apiVersion: 'v1', kind: document.kind ?? '' }, form);
  return finish({ status: 200, headers: { 'content-type': jsonType }, body: `${JSON.stringify(document)}\n` }, form);
}

function formOf({ headers, query }: Call['request']): AnswerForm {
  return {
    ...negotiate(headers['accept'], { hasViews: false }),
    isPretty: wantsPretty(query, headers['user-agent']),
  };
}
