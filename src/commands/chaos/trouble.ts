// jobctl chaos trouble: what goes on for as long as a fault lasts. Faults start and end these.
import { parseDuration } from '../../config/parse/duration.ts';
import { parseShare, parseText, wholeNumber } from '../../config/parse/values.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { defineCommand, option } from '../command.ts';

const PID_MAX = 2 ** 22;
const KBITS_MAX = 10_000_000;

export const chaosTrouble = defineCommand({
  name: 'chaos trouble',
  changes: 'itself',
  summary: 'a proxy, or a process that is stopped again and again; faults start and end these',
  details: 'It ends at a signal, and a process that it stopped goes on.',
  options: {
    proxy: option('<routes>', 'PORT=HOST:PORT,...: pass on what arrives, late or slowly', parseText),
    from: option('<address>', "where the proxy's own connections come from", parseText),
    delay: option('<duration>', 'in each direction', parseDuration),
    kbits: option('<n>', 'kilobits a second, in each direction', wholeNumber(1, KBITS_MAX)),
    stutter: option('<pid>', 'stop this process for most of every tenth of a second', wholeNumber(1, PID_MAX)),
    share: option('<share>', 'how much of the time it runs, as 10%', parseShare),
  },
  examples: [
    { does: 'a slow way to a node', line: 'jobctl chaos trouble --proxy 19042=127.0.0.2:9042 --delay 100ms' },
    { does: 'a tenth of the processor for process 4711', line: 'jobctl chaos trouble --stutter 4711 --share 10%' },
  ],
  async run(context, _args, { proxy, from = '127.0.0.1', delay = 0, kbits = null, stutter, share = 0.1 }) {
    const { clock } = context;
    const { stop } = context.shutdown();
    if (proxy !== undefined) {
      const { runProxy } = await import('../../chaos/proxy.ts');
      await runProxy({ routes: routesOf(proxy), localAddress: from, delayMs: delay, kbits, clock }, stop);
    } else if (stutter !== undefined) {
      const { runStutter } = await import('../../chaos/stutter.ts');
      await runStutter(stutter, share, clock, stop);
    } else {
      throw usageError('OPTION_INVALID', 'it needs --proxy or --stutter', { hint: 'faults start these' });
    }
    return EXIT.ok;
  },
});

const routesOf = (text: string) =>
  text.split(',').map((route) => {
    const [, port, toHost = '', toPort] = /^(\d+)=([^:]+):(\d+)$/.exec(route) ?? [];
    if (port !== undefined) return { port: Number(port), toHost, toPort: Number(toPort) };
    throw usageError('OPTION_INVALID', `"${route}" is not a route`, { hint: 'as in 19042=127.0.0.2:9042' });
  });
