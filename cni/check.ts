import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReasonError } from '#lib/errors.ts';
import type { Exec } from '#lib/exec.ts';
import type { Conflist, Plugin } from './conflist.ts';

export interface CheckOptions {
  readonly conflist: Conflist;
  readonly binDir: string;
  readonly exec: Exec;
  /** Where namespaces have names; '/run/netns' unless told. */
  readonly netnsDir?: string;
}

/**
 * Runs the plugins as the runtime will, for a namespace that is made for this and taken away again: ADD, DEL. No CHECK:
 * no runtime asks for one, and it fails where udev gives the host's end another address meanwhile (systemd's MACAddressPolicy).
 * @throws {ReasonError} ServiceUnavailable, with the plugin's own words, if one is missing or fails
 */
export async function checkPlugins(
  { conflist, binDir, exec, netnsDir = '/run/netns' }: CheckOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const type of typesOf(conflist)) await mustBeThere(type, binDir);
  const name = `${scratch}${process.pid}`;
  for (const left of await abandoned(netnsDir)) await exec('ip', ['netns', 'del', left], signal, { okCodes: [0, 1] });
  await exec('ip', ['netns', 'add', name], signal);
  // What was made is taken away even when the check is cut short; on a slow machine, that begins late.
  const always = () => AbortSignal.timeout(10_000);
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => void (await exec('ip', ['netns', 'del', name], always())));
  const call = (plugin: Plugin, command: Command, prevResult: unknown, until: AbortSignal) =>
    callPlugin({ plugin, command, prevResult, conflist, binDir, exec, name }, until);

  let result: unknown;
  for (const plugin of conflist.plugins) {
    undo.defer(async () => void (await call(plugin, 'DEL', result, always()).catch(() => {})));
    result = await call(plugin, 'ADD', result, signal);
  }
  for (const plugin of conflist.plugins.toReversed()) await call(plugin, 'DEL', result, signal);
}
type Command = 'ADD' | 'DEL';
const scratch = 'skiff-check-'; // and the id of the process

/** Namespaces of checks that could not take them away: of our own, and of processes that were killed. */
async function abandoned(netnsDir: string): Promise<readonly string[]> {
  const names = await readdir(netnsDir).catch(() => []); // there has never been one
  const isLeft = await Promise.all(
    names.map(async (name) => {
      const [, pid] = name.match(`^${scratch}(\\d+)$`) ?? [];
      if (pid === undefined) return false;
      return (
        pid === String(process.pid) ||
        (await access(`/proc/${pid}`).then(
          () => false,
          () => true,
        ))
      );
    }),
  );
  return names.filter((_name, index) => isLeft[index]);
}

/**
 * Which programs the plugins are: another text, other programs.
 * @throws {ReasonError} ServiceUnavailable if one is missing
 */
export async function pluginMarks(conflist: Conflist, binDir: string): Promise<string> {
  const marks = await Promise.all(
    typesOf(conflist).map(async (type) => {
      await mustBeThere(type, binDir);
      const { ino, size, mtimeMs } = await stat(join(binDir, type));
      return [type, ino, size, mtimeMs].join(':');
    }),
  );
  return marks.join(' ');
}

function typesOf({ plugins }: Conflist): readonly string[] {
  const ipam = plugins.flatMap((plugin) => (plugin['ipam'] as { readonly type?: string } | undefined)?.type ?? []);
  return ['loopback', ...plugins.map(({ type }) => type), ...ipam];
}

async function mustBeThere(type: string, binDir: string): Promise<void> {
  try {
    await access(join(binDir, type), constants.X_OK);
  } catch (cause) {
    throw new ReasonError('ServiceUnavailable', `CNI plugin "${type}" is missing in ${binDir}`, { cause });
  }
}

interface Call extends CheckOptions {
  readonly plugin: Plugin;
  readonly command: Command;
  readonly prevResult: unknown;
  /** Of the scratch namespace; serves as the container's id, too. */
  readonly name: string;
}

async function callPlugin(
  { plugin, command, prevResult, conflist, binDir, exec, name }: Call,
  signal: AbortSignal,
): Promise<unknown> {
  const { capabilities, ...config } = plugin;
  const input = JSON.stringify({
    cniVersion: conflist.cniVersion,
    name: conflist.name,
    ...config,
    ...(prevResult === undefined ? {} : { prevResult }),
    ...(capabilities?.['portMappings'] ? { runtimeConfig: { portMappings: [] } } : {}),
  });
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: name,
    CNI_NETNS: `/run/netns/${name}`,
    CNI_IFNAME: 'eth0',
    CNI_PATH: binDir,
  };
  const { stdout, stderr, exitCode } = await exec(join(binDir, plugin.type), [], signal, {
    input,
    env,
    okCodes: [0, 1],
  });
  if (exitCode === 0) return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  throw new ReasonError(
    'ServiceUnavailable',
    `CNI plugin "${plugin.type}" failed at ${command}: ${wordsOf(stdout, stderr)}`,
  );
}

/** A plugin says what went wrong in JSON on standard output. */
function wordsOf(stdout: string, stderr: string): string {
  try {
    const { msg, details } = JSON.parse(stdout) as { readonly msg?: string; readonly details?: string };
    return [msg, details].filter(Boolean).join('; ');
  } catch {
    return (stdout + stderr).trim() || 'it said nothing';
  }
}
