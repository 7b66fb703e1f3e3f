// Issues what certificates are missing, in a process: the library for it takes 25 MB that nobody needs afterwards.
import { answerParent } from '#lib/fork.ts';
import { ensureClusterPki } from '#lib/pki/cluster.ts';

answerParent(ensureClusterPki);
