// How a command lives: one signal that ends it, one place where its errors become words and an exit code.

/** Runs `body` with a signal that SIGINT and SIGTERM abort. A second one ends the process at once. */
export async function live(body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const life = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (life.signal.aborted) process.exit(130);
      life.abort(new Error(`Ended by ${name}`));
    });
  }
  try {
    await body(life.signal);
  } catch (error) {
    if (life.signal.aborted) return;
    process.stderr.write(`skiff: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env['SKIFF_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}

/** Everything that touches namespaces, mounts and rules needs it. @throws {Error} with what to do */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new Error('This needs root: namespaces, mounts and network rules are made. Run it again as root (sudo)');
}
