// Which spec of v1.37 is held by which test. Pure.

export interface CurrentSpec {
  readonly codename: string;
  /** Releases in which it came or changed, such as 'v1.21,v1.35'. */
  readonly release: string;
}

export type Held =
  | { readonly by: 'upstream'; readonly name: string }
  | { readonly by: 'ours'; readonly file: string }
  | { readonly by: 'missing' };

export interface Tests {
  /** Specs of v1.20.2 that passed, by their names there. */
  readonly green: readonly string[];
  /** Files of our own specs: titles stand in them as they are. */
  readonly modern: readonly { readonly file: string; readonly text: string }[];
}

export function parseCurrent(tsv: string): readonly CurrentSpec[] {
  const [, ...lines] = tsv.split('\n').filter(Boolean);
  return lines.map((line) => {
    const [codename = '', release = ''] = line.split('\t');
    return { codename, release };
  });
}

export function holdersOf(
  specs: readonly CurrentSpec[],
  { green, modern }: Tests,
): readonly { readonly spec: CurrentSpec; readonly held: Held }[] {
  const old = new Map(green.map((name) => [withoutTags(name), name]));
  return specs.map((spec) => {
    const ours = modern.find(({ text }) => holdsTitle(text, spec.codename));
    if (ours !== undefined) return { spec, held: { by: 'ours', file: ours.file } };
    const words = withoutTags(spec.codename);
    const name = old.get(words) ?? old.get(formerNames[words] ?? words);
    return { spec, held: name === undefined ? { by: 'missing' } : { by: 'upstream', name } };
  });
}

/** Whether `title` stands in `text` as a whole string. */
function holdsTitle(text: string, title: string): boolean {
  const escaped = title.replaceAll("'", "\\'");
  return [`'${title}'`, `"${title}"`, `'${escaped}'`, `\`${title}\``].some((literal) => text.includes(literal));
}

/** Tags moved and changed over the years; the words are what stayed. */
function withoutTags(name: string): string {
  return name
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

/** Words of today > words of v1.20, where a spec was renamed. */
const formerNames: Readonly<Record<string, string>> = {
  'kubectl logs logs should be able to retrieve and filter logs':
    'kubectl client kubectl logs should be able to retrieve and filter logs',
  'api server should provide secure master service': 'services should provide secure master service',
  'endpoints should test the lifecycle of an endpoint': 'services should test the lifecycle of an endpoint',
  'hostport validates that there is no conflict between pods with same hostport but different hostip and protocol':
    'schedulerpredicates validates that there is no conflict between pods with same hostport but different hostip and protocol',
  "containers should be able to override the image's default arguments (container cmd)":
    "docker containers should be able to override the image's default arguments (docker cmd)",
  "containers should be able to override the image's default command (container entrypoint)":
    "docker containers should be able to override the image's default command (docker entrypoint)",
  "containers should be able to override the image's default command and arguments":
    "docker containers should be able to override the image's default command and arguments",
  'containers should use the image defaults if command and args are blank':
    'docker containers should use the image defaults if command and args are blank',
  'kubelet when scheduling an agnhost pod with hostaliases should write entries to /etc/hosts':
    'kubelet when scheduling a busybox pod with hostaliases should write entries to /etc/hosts',
};
