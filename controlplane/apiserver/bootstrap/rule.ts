import type { PolicyRule } from '#lib/api/types/rbac.v1.ts';

/**
 * A rule in one line: words separated by spaces; group `core` is the one without a name; `read` stands for get list
 * watch, `write` for create update patch delete deletecollection. Everything comes out sorted, as upstream stores it.
 */
export function rule(verbs: string, groups: string, resources: string, names = ''): PolicyRule {
  return {
    verbs: verbsOf(verbs),
    apiGroups: words(groups).map((group) => (group === 'core' ? '' : group)),
    resources: words(resources),
    ...(names === '' ? {} : { resourceNames: words(names) }),
  };
}

/** A rule over paths. */
export function urls(paths: string): PolicyRule {
  return { verbs: ['get'], nonResourceURLs: words(paths) };
}

function verbsOf(text: string): readonly string[] {
  return words(text)
    .flatMap((verb) => shorthand[verb] ?? [verb])
    .sort();
}

const shorthand: Readonly<Record<string, readonly string[]>> = {
  read: ['get', 'list', 'watch'],
  write: ['create', 'update', 'patch', 'delete', 'deletecollection'],
};

function words(text: string): readonly string[] {
  return text.split(' ').sort();
}

export const eventsRule: PolicyRule = rule('create update patch', 'core events.k8s.io', 'events');
