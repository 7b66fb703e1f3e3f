import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';

/**
 * Loads what server and agent run, so that the compile cache has it. A process that finds all of it there never loads
 * Node's TypeScript compiler, which would stay in its memory: 25 MB.
 */
export function addWarm(program: Command): void {
  program
    .command('warm', { hidden: true })
    .description('Compile what server and agent run.')
    .action(async () => {
      await Promise.all([
        import('../controlplane/main.ts'),
        import('../controlplane/controllers/main.ts'),
        import('../controlplane/scheduler/main.ts'),
        import('../agent/run.ts'),
        import('../agent/certificates/join.ts'),
        import('../agent/certificates/joined.ts'),
        import('../agent/probes/grpc.ts'),
        import('#lib/streaming/web-socket/accept.ts'),
        import('#lib/streaming/web-socket/port-forward.ts'),
        import('#lib/streaming/web-socket/remote-command.ts'),
        import('#lib/streaming/web-socket/send-stream.ts'),
        import('#lib/streaming/web-socket/tunnel.ts'),
      ]);
      flushCompileCache();
      process.exit(0);
    });
}
