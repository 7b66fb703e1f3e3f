// Names of those who sign certificates: `domain/path`. Pure. Rule: certificates validation,
// ValidateCertificateSigningRequestSignerName.
import { invalidValue, type Path, required, tooLong } from '../../field-errors.ts';
import {
  maxLabelLength,
  maxSubdomainLength,
  type NameRule,
  wrongDns1123Label,
  wrongDns1123Subdomain,
} from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

/** Room for the name of a namespace and of what is in it. */
const longest = maxSubdomainLength + 1 + maxLabelLength + 1 + maxSubdomainLength;

export function validateSignerName(name: string, path: Path): StatusCause[] {
  if (name === '') return [required(path, 'signerName must be provided')];
  const [domain = '', rest, ...more] = name.split('/');
  if (rest === undefined || more.length > 0) {
    const why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalidValue(path, name, why)];
  }
  const few = 'should be a domain with at least two segments separated by dots';
  return [
    ...(domain.length > maxSubdomainLength ? [tooLong(path, maxSubdomainLength)] : []),
    ...validateParts(domain, wrongDns1123Label, path),
    ...(domain.includes('.') ? [] : [invalidValue(path, domain, few)]),
    ...validateParts(rest, wrongDns1123Subdomain, path),
    ...(name.length > longest ? [tooLong(path, longest)] : []),
  ];
}

/** The first part that is wrong is enough. */
function validateParts(text: string, rule: NameRule, path: Path): StatusCause[] {
  const part = text.split('.').find((one) => rule(one).length > 0);
  if (part === undefined) return [];
  return rule(part).map((why) => invalidValue(path, text, `validating label ${JSON.stringify(part)}: ${why}`));
}
