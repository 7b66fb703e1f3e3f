import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';

/**
 * Loads what server and agent run, so that the compile cache has it. A process that finds all of it there never loads
 * Node's TypeScript compiler, which would stay in its memory: 25 MB.
 */
export function addWarm(program: Command): void {
  program
    .command('warm', { hidden: true })
    .argument('<part>', 'server or agent: each has flags of its own, and what is compiled goes by them')
    .description('Compile what a server or an agent runs.')
    .action(async (part: string) => {
      await (part === 'agent' ? loadAgent() : loadServer());
      flushCompileCache();
      process.exit(0);
    });
}

function loadServer(): Promise<unknown> {
  return Promise.all([
    import('../controlplane/main.ts'),
    import('../controlplane/controllers/main.ts'),
    import('../controlplane/scheduler/main.ts'),
  ]);
}

function loadAgent(): Promise<unknown> {
  return Promise.all([
    import('./agent.ts'),
    import('../agent/run.ts'),
    import('../agent/certificates/join.ts'),
    import('../agent/certificates/joined.ts'),
    import('../agent/config/read-config.ts'),
    import('../agent/static/manifest.ts'),
    import('../agent/probes/grpc.ts'),
    import('#lib/streaming/web-socket/accept.ts'),
    import('#lib/streaming/web-socket/port-forward.ts'),
    import('#lib/streaming/web-socket/remote-command.ts'),
    import('#lib/streaming/web-socket/send-stream.ts'),
    import('#lib/streaming/web-socket/tunnel.ts'),
  ]);
}
