import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { execa } from 'execa';
import { plain } from './result.ts';

/** Upstream's suite on this machine. */
export interface Suite {
  readonly test: string;
  /** A kubectl as old as the suite: specs compare its output. */
  readonly kubectl: string;
  /** Archive of the images that its specs ask for; absent: the cluster pulls them. */
  readonly images: string | undefined;
}

/** Where all of v1.20.2 is built. */
const work =
  process.env['SKIFF_CONFORMANCE'] ?? `${process.env['XDG_CACHE_HOME'] ?? `${homedir()}/.cache`}/skiff/conformance`;
const components = `${work}/k8s`;

/** Builds the suite of v1.20.2 where it is missing. @param given path of another e2e.test */
export async function ensureSuite(given: string | undefined, say: (line: string) => void): Promise<Suite> {
  if (given !== undefined) {
    if (!existsSync(given)) throw new Error(`There is no suite at ${given}`);
    return { test: given, kubectl: 'kubectl', images: undefined };
  }
  const suite = { test: `${work}/bin/e2e.test`, kubectl: `${work}/bin/kubectl`, images: `${work}/images.tar` };
  await build(say, [
    { file: suite.test, script: 'source.sh', what: fetching },
    { file: suite.test, script: 'suite.sh', what: 'building the suite (4 minutes)' },
    { file: suite.images, script: 'images.sh', what: "building the suite's images (3 minutes)" },
  ]);
  return suite;
}

/** Builds upstream's kube-apiserver, -controller-manager, -scheduler and -proxy v1.20.2 where they are missing. @returns their folder */
export async function ensureComponents(say: (line: string) => void): Promise<string> {
  await build(say, [
    { file: components, script: 'source.sh', what: fetching },
    { file: components, script: 'components.sh', what: "building upstream's components (4 minutes)" },
  ]);
  return components;
}

/** The folder of `ensureComponents`, if they were built. */
export function findComponents(): string | undefined {
  return existsSync(components) ? components : undefined;
}

interface Step {
  /** What the step is for: it is left out if that is there. */
  readonly file: string;
  readonly script: string;
  readonly what: string;
}
const fetching = "getting upstream's source from Debian (3 minutes)";

async function build(say: (line: string) => void, steps: readonly Step[]): Promise<void> {
  for (const { script, what } of steps.filter(({ file }) => !existsSync(file))) {
    say(what);
    const path = new URL(`build/${script}`, import.meta.url).pathname;
    const done = await execa('bash', [path], { reject: false, all: true, env: { SKIFF_CONFORMANCE: work } });
    if (done.exitCode !== 0) throw new Error(`${script} failed:\n${done.all?.split('\n').slice(-20).join('\n')}`);
  }
}

/** Every spec of the suite whose name `focus` matches. */
export async function listSpecs(suite: Suite, focus: string): Promise<readonly string[]> {
  const folder = mkdtempSync('/tmp/skiff-specs.');
  try {
    const flags = [
      '--ginkgo.dryRun',
      '--ginkgo.noColor',
      `--ginkgo.focus=${focus}`,
      '--provider=skeleton',
      `--report-dir=${folder}`,
    ];
    const done = await execa(suite.test, flags, { reject: false, all: true, cwd: folder });
    const file = `${folder}/junit_01.xml`;
    if (!existsSync(file)) throw new Error(`The suite listed no spec:\n${done.all?.slice(-2000)}`);
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)]
      .filter((match) => !/<skipped/.test(match[2] ?? ''))
      .map((match) => plain(match[1]!).trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
}
