import type { Pod } from '#lib/api/types/core.v1.ts';

export interface PodHostname {
  readonly hostname: string;
  /** Fully qualified, if the pod has a subdomain. */
  readonly domain: string;
}

/** Rule: "DNS for Services and Pods", "Pod's hostname and subdomain fields". Longer than 63 characters is cut, as the kernel must. */
export function hostnameOf({ metadata, spec }: Pod, clusterDomain: string): PodHostname {
  if (spec.hostnameOverride !== undefined) return { hostname: spec.hostnameOverride, domain: '' };
  const hostname = (spec.hostname || metadata.name).slice(0, 63).replace(/[-.]+$/, '');
  const { subdomain } = spec;
  if (!subdomain) return { hostname, domain: '' };
  const domain = `${hostname}.${subdomain}.${metadata.namespace ?? 'default'}.svc.${clusterDomain}`;
  return { hostname: spec.setHostnameAsFQDN === true ? domain : hostname, domain };
}

/** What the kernel is told. @throws {Error} with upstream's words if a whole name is too long for it */
export function kernelName({ hostname, domain }: PodHostname): string {
  if (hostname !== domain || hostname.length <= longest) return hostname;
  const limits = `(${longest} characters is the max, ${hostname.length} characters requested)`;
  throw new Error(
    `failed to construct FQDN from pod hostname and cluster domain, FQDN ${hostname} is too long ${limits}`,
  );
}
const longest = 64;
