// What pods may say on which system, and whom they run as on Windows. Pure.
// Rule: core validation validateOS, validateLinux, validateWindows, validateWindowsHostProcessPod and their options.
import { child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { PodSpec, WindowsSecurityContextOptions } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { containersAt } from '../warnings/containers.ts';

const systems = ['linux', 'windows'];

export function validateSystem(spec: PodSpec, path: Path): StatusCause[] {
  const field = child(path, 'os');
  if (spec.os === undefined) return [];
  const { name } = spec.os;
  if (!name) return [required(child(field, 'name'))];
  if (!systems.includes(name)) return [notSupported(field, name, systems)];
  return name === 'linux' ? validateLinux(spec, path) : validateWindows(spec, path);
}

/** Of the pod and of each container, where they say something of their security. */
function contextsOf(spec: PodSpec, path: Path): (readonly [context: object, field: Path])[] {
  const all = [[spec, path] as const, ...containersAt(spec, path)];
  return all.flatMap(([{ securityContext }, field]) =>
    securityContext ? [[securityContext, child(field, 'securityContext')] as const] : [],
  );
}

function validateLinux(spec: PodSpec, path: Path): StatusCause[] {
  return contextsOf(spec, path)
    .filter(([context]) => (context as { readonly windowsOptions?: object }).windowsOptions !== undefined)
    .map(([, field]) =>
      forbiddenField(child(field, 'windowsOptions'), 'windows options cannot be set for a linux pod'),
    );
}

const notOnWindows = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
];

function validateWindows(spec: PodSpec, path: Path): StatusCause[] {
  const refuse = (holder: object, field: Path, names: readonly string[]) =>
    names
      .filter((name) => isGiven((holder as Readonly<Record<string, unknown>>)[name], name))
      .map((name) => forbiddenField(child(field, name), 'cannot be set for a windows pod'));
  const [ofPod, ...rest] = contextsOf({ ...spec, securityContext: spec.securityContext ?? {} }, path);
  return [
    ...refuse(ofPod![0], ofPod![1], notOnWindows),
    ...refuse(spec, path, ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace']),
    ...rest.flatMap(([context, field]) => refuse(context, field, notOnWindows)),
  ];
}

/** What can only be switched on is not there unless it is on. */
function isGiven(value: unknown, name: string): boolean {
  if (name === 'hostPID' || name === 'hostIPC') return value === true;
  if (name === 'sysctls') return Array.isArray(value) && value.length > 0;
  return value !== undefined && value !== null;
}

/** Containers that are processes of the host: all of a pod, or none, and on the host's network. */
export function validateHostProcess(spec: PodSpec, path: Path): StatusCause[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const all = containersAt(spec, path);
  const causes: StatusCause[] = [];
  let count = 0;
  for (const [{ securityContext }, field] of all) {
    const own = securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const why = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      causes.push(invalidValue(child(field, 'securityContext', 'windowsOptions', 'hostProcess'), own, why));
    }
    if (own ?? ofPod) count += 1;
  }
  if (count === 0) return causes;
  if (count !== all.length) {
    const why = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    causes.push(invalidValue(path, '', why));
  }
  if (spec.hostNetwork) return causes;
  const why = 'hostNetwork must be true if pod contains any hostProcess containers';
  return [...causes, invalidValue(child(path, 'hostNetwork'), false, why)];
}

const mostKibibytes = 64;

export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: Path): StatusCause[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options ?? {};
  const causes: StatusCause[] = [];
  if (name !== undefined) {
    const field = child(path, 'gmsaCredentialSpecName');
    causes.push(...wrongDns1123Subdomain(name).map((message) => invalidValue(field, name, message)));
  }
  if (spec !== undefined) {
    const field = child(path, 'gmsaCredentialSpec');
    if (spec === '') causes.push(invalidValue(field, spec, 'gmsaCredentialSpec cannot be an empty string'));
    else if (Buffer.byteLength(spec) > mostKibibytes * 1024) {
      causes.push(invalidValue(field, spec, `gmsaCredentialSpec size must be under ${mostKibibytes} KiB`));
    }
  }
  if (user === undefined) return causes;
  return [...causes, ...wrongUser(user).map((why) => invalidValue(child(path, 'runAsUserName'), user, why))];
}

const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsName = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);

/** `DOMAIN\user`, or a user alone. */
function wrongUser(text: string): readonly string[] {
  const parts = text.split('\\');
  if (text === '') return ['runAsUserName cannot be an empty string'];
  if (/[\x00-\x1f\x7f]/.test(text)) return ['runAsUserName cannot contain control characters'];
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const wrong: string[] = [];
  if (Buffer.byteLength(domain ?? '') >= 256) {
    wrong.push("runAsUserName's Domain length must be under 256 characters");
  }
  if (domain !== undefined && !netBios.test(domain) && !dnsName.test(domain)) {
    wrong.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') wrong.push("runAsUserName's User cannot be empty");
  else if (Buffer.byteLength(user) > 104) {
    wrong.push("runAsUserName's User length must not be longer than 104 characters");
  }
  if (/^[. ]+$/.test(user)) wrong.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    wrong.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  }
  return wrong;
}
