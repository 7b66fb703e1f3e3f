import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { notFoundPage, textAnswer } from '../http/reply.ts';

export interface HealthCheck {
  readonly name: string;
  /** Why it is not well; undefined if it is. */
  problem(): string | undefined;
  /** Counts for `/readyz` only: what is not ready is not dead. */
  readonly isReadinessOnly?: boolean;
}

/**
 * /healthz, /livez and /readyz, each whole or check by check. Rule: k8s.io/apiserver server/healthz: `verbose`,
 * `exclude`, one check below the path.
 */
export function answerHealth({ request, info }: Call, checks: readonly HealthCheck[]): ApiResponse {
  const [, endpoint = '', ...rest] = info.path.split('/');
  const mine = checks.filter((check) => endpoint === 'readyz' || !check.isReadinessOnly);
  const name = rest.join('/');
  if (name !== '') return one(mine.find((check) => check.name === name));
  const excluded = new Set(request.query.getAll('exclude').flatMap((list) => list.split(',')));
  const unknown = [...excluded].filter((name) => name !== '' && !mine.some((check) => check.name === name));
  const lines = mine.map((check) => {
    if (excluded.has(check.name)) return { line: `[+]${check.name} excluded: ok\n`, isWell: true };
    const isWell = check.problem() === undefined;
    return { line: isWell ? `[+]${check.name} ok\n` : `[-]${check.name} failed: reason withheld\n`, isWell };
  });
  const isWell = lines.every((line) => line.isWell);
  if (isWell && !request.query.has('verbose')) return textAnswer('ok');
  const quoted = unknown.map((name) => JSON.stringify(name)).join(',');
  const warning = unknown.length === 0 ? '' : `warn: some health checks cannot be excluded: no matches for ${quoted}\n`;
  const text = lines.map(({ line }) => line).join('') + warning;
  return textAnswer(`${text}${endpoint} check ${isWell ? 'passed' : 'failed'}\n`, isWell ? 200 : 500);
}

function one(check: HealthCheck | undefined): ApiResponse {
  if (check === undefined) return notFoundPage();
  const problem = check.problem();
  return problem === undefined ? textAnswer('ok') : textAnswer(`internal server error: ${problem}\n`, 500);
}
