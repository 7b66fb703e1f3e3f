// The command line. Each command loads what it needs only when it is asked for.
import { Command } from 'commander';
import { addAgent } from './agent.ts';
import { addDown } from './down.ts';
import { addHollow } from './hollow.ts';
import { addJoin } from './join.ts';
import { addLogs } from './logs.ts';
import { addNode } from './node.ts';
import { addServer } from './server.ts';
import { addStatus } from './status.ts';
import { addStore } from './store.ts';
import { addToken } from './token.ts';
import { addUp } from './up.ts';
import { version } from './version.ts';
import { addWarm } from './warm.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0); // the reader (head, less) has seen enough
  throw error;
});

const program = new Command('skiff')
  .description('Kubernetes, written in TypeScript: a cluster on one machine by one command, or its parts one by one.')
  .version(version, '-V, --version')
  .showHelpAfterError('(skiff --help shows what there is)')
  .configureHelp({ showGlobalOptions: true });

addUp(program);
addDown(program);
addStatus(program);
addLogs(program);
addServer(program);
addAgent(program);
addJoin(program);
addToken(program);
addStore(program);
addNode(program);
addHollow(program);
addWarm(program);

await program.parseAsync();
