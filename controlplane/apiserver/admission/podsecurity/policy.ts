// Which Pod Security policy a namespace's labels ask for. Pure. Rule: k8s.io/pod-security-admission api, helpers.
import { invalidValue } from '#lib/api/field-errors.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

export interface LevelVersion {
  readonly level: Level;
  /** Minor of the version 1.x; Infinity: the latest. */
  readonly minor: number;
}

export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

export interface ParsedPolicy extends Policy {
  readonly causes: readonly StatusCause[];
}

export function textOf({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Number.POSITIVE_INFINITY ? 'latest' : `v1.${minor}`}`;
}

export function isSame(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor;
}

/** How strict a level is. */
export function strictnessOf(level: Level): number {
  return levels.indexOf(level);
}
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted'];

/** A label that cannot be read counts as the strictest where it is enforced, else as none. */
export function policyOf(labels: Readonly<Record<string, string>>): ParsedPolicy {
  const causes: StatusCause[] = [];

  function levelIn(label: string, otherwise: Level, failing: Level): Level {
    const text = labels[label];
    if (text === undefined) return otherwise;
    if ((levels as readonly string[]).includes(text)) return text as Level;
    causes.push(invalidValue(`metadata.labels[${label}]`, text, `must be one of ${levels.join(', ')}`));
    return failing;
  }

  function minorIn(label: string, otherwise: number): number {
    const text = labels[label];
    if (text === undefined) return otherwise;
    if (text === 'latest') return latest;
    const minor = /^v1\.(0|[1-9][0-9]*)$/.exec(text)?.[1];
    if (minor !== undefined) return Number(minor);
    causes.push(invalidValue(`metadata.labels[${label}]`, text, 'must be "latest" or "v1.x"'));
    return latest;
  }

  const enforce = {
    level: levelIn(`${prefix}enforce`, 'privileged', 'restricted'),
    minor: minorIn(`${prefix}enforce-version`, latest),
  };
  const audit = {
    level: levelIn(`${prefix}audit`, 'privileged', 'privileged'),
    minor: minorIn(`${prefix}audit-version`, latest),
  };
  // Who only says what is enforced is warned of the same: of a Deployment whose pods would be refused, say.
  const isEnforced = labels[`${prefix}enforce`] === enforce.level && labels[`${prefix}warn`] === undefined;
  const warn = {
    level: levelIn(`${prefix}warn`, isEnforced ? enforce.level : 'privileged', 'privileged'),
    minor: minorIn(`${prefix}warn-version`, isEnforced ? enforce.minor : latest),
  };
  return { enforce, audit, warn, causes };
}
const prefix = 'pod-security.kubernetes.io/';
const latest = Number.POSITIVE_INFINITY;
