// How a webhook is reached, by a URL or by a Service of the cluster, and what it reads. Pure. Rule: apiserver util/webhook,
// ValidateWebhookURL and ValidateWebhookService.
import { at, child, invalidValue, type Path, required } from './field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain } from './names.ts';
import { wrongPort } from './ports.ts';
import type { StatusCause } from './types/meta.v1.ts';

interface Service {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
}

interface ClientConfig {
  readonly url?: string | undefined;
  readonly service?: Service | undefined;
}

export function validateWebhookClient(config: ClientConfig | undefined, path: Path): StatusCause[] {
  const { url, service } = config ?? {};
  if ((url === undefined) === (service === undefined)) {
    return [required(path, 'exactly one of url or service is required')];
  }
  return url === undefined ? validateService(service!, child(path, 'service')) : validateUrl(url, child(path, 'url'));
}

const form = '; desired format: https://host[/path]';
const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s;

function validateUrl(url: string, path: Path): StatusCause[] {
  if (/[\x00-\x1f\x7f]/.test(url)) {
    const why = `parse ${JSON.stringify(url)}: net/url: invalid control character in URL`;
    return [required(path, `url must be a valid URL: ${why}${form}`)];
  }
  const [, scheme = '', user, host = '', query = '', fragment = ''] = parts.exec(url) ?? [];
  const causes: StatusCause[] = [];
  const refuse = (part: string, why: string) => causes.push(invalidValue(path, part, why));
  if (scheme.toLowerCase() !== 'https') refuse(scheme, `'https' is the only allowed URL scheme${form}`);
  if (host === '') refuse(host, `host must be provided${form}`);
  if (user !== undefined) refuse(user, 'user information is not permitted in the URL');
  if (fragment !== '') refuse(fragment, 'fragments are not permitted in the URL');
  if (query !== '') refuse(query, 'query parameters are not permitted in the URL');
  return causes;
}

function validateService({ namespace, name, path: url, port = 0 }: Service, path: Path): StatusCause[] {
  const wrong = wrongPort(port);
  const causes = [
    ...(name ? [] : [required(child(path, 'name'), 'service name is required')]),
    ...(namespace ? [] : [required(child(path, 'namespace'), 'service namespace is required')]),
    ...(wrong.length > 0 ? [invalidValue(child(path, 'port'), port, `port is not valid: ${wrong.join(', ')}`)] : []),
  ];
  const field = child(path, 'path');
  return [...causes, ...wrongPath(url ?? '').map((message) => invalidValue(field, url, message))];
}

function wrongPath(path: string): readonly string[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return ['segment[0] may not be empty'];
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  return [
    ...(path.startsWith('/') ? [] : ["must start with a '/'"]),
    ...steps.flatMap((step, index) =>
      step === ''
        ? [`segment[${index}] may not be empty`]
        : wrongDns1123Subdomain(step).map((message) => `segment[${index}]: ${message}`),
    ),
  ];
}

const reviews = ['v1', 'v1beta1'];

/**
 * Versions of reviews that a webhook reads: one of ours is among them, unless `mayReadOthers`. `why` is said if there
 * are none.
 */
export function validateReviews(
  versions: readonly string[],
  path: Path,
  why = '',
  mayReadOthers = false,
): StatusCause[] {
  if (versions.length === 0) return [required(path, why)];
  const causes = versions.flatMap((version, index) => {
    const field = at(path, index);
    if (versions.indexOf(version) < index) return [invalidValue(field, version, 'duplicate version')];
    return wrongDns1035Label(version).map((message) => invalidValue(field, version, message));
  });
  if (mayReadOthers || readsOurs(versions)) return causes;
  return [...causes, invalidValue(path, versions, `must include at least one of ${reviews.join(', ')}`)];
}

export function readsOurs(versions: readonly string[]): boolean {
  return versions.some((version) => reviews.includes(version));
}
