// Takes a node's network away, in the node's namespaces: remove.ts CNI-CONF-DIR
import { exec } from '#lib/exec.ts';
import { removeNetwork } from '../network.ts';

await removeNetwork({ exec, cniConfDir: process.argv[2]!, clusterDns: '10.96.0.10' }, AbortSignal.timeout(20_000));
