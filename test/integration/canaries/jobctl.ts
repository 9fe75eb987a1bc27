// The program, from the source, with the bug that JOBCTL_CANARY names. The processes that it starts run this file, too.
import { plant } from '../../simulation/planting.ts';
import { REAL_CANARIES } from './canaries.ts';

plant(process.env.JOBCTL_CANARY ?? '', REAL_CANARIES);
const { main, processIo } = await import('../../../src/main.ts');
process.exitCode = await main(process.argv.slice(2), processIo());
