// The report as a picture. A browser of this machine draws it: it is what the page is made for, fonts included.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { EXIT, JobctlError } from '../../core/model/errors.ts';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const WIDTH = 1_100;
/** A first guess, until the page says how high it is. */
const HEIGHT = 800;
/** Pixels of the picture for one of the page. */
const SCALE = 2;
const BROWSER_WITHIN_MS = 60_000;
const TELLS_HEIGHT = '<script>document.title = document.documentElement.scrollHeight</script></body>';

/** Throws BROWSER_MISSING, BROWSER_FAILED. */
export const drawPng = async (html: string, png: string): Promise<void> => {
  const browser = await findBrowser();
  const folder = await mkdtemp(join(tmpdir(), 'jobctl-png-'));
  const run = async (height: number, ...flags: readonly string[]): Promise<string> => {
    const common = ['--headless', '--disable-gpu', '--hide-scrollbars', `--user-data-dir=${folder}/profile`];
    // A browser has no sandbox as root, and refuses to start; the page is our own.
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const size = [`--window-size=${WIDTH},${height}`, `--force-device-scale-factor=${SCALE}`];
    const page = pathToFileURL(join(folder, 'page.html')).href;
    const ran = await execa(browser, [...common, ...root, ...size, ...flags, page], {
      ...{ reject: false, timeout: BROWSER_WITHIN_MS },
    });
    if (ran.exitCode === 0) return ran.stdout;
    throw new JobctlError('BROWSER_FAILED', EXIT.failed, `${browser} did not draw the report`, {
      detail: ran.stderr.trim().split('\n').slice(-3).join('\n'),
      hint: `open ${html} and save the charts from there`,
    });
  };
  try {
    await writeFile(join(folder, 'page.html'), (await readFile(html, 'utf8')).replace('</body>', TELLS_HEIGHT));
    const height = Number(/<title>(\d+)<\/title>/.exec(await run(HEIGHT, '--dump-dom'))?.[1] ?? HEIGHT);
    await run(height, `--screenshot=${resolve(png)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const findBrowser = async (): Promise<string> => {
  for (const name of BROWSERS) {
    const { exitCode } = await execa(name, ['--version'], { reject: false, timeout: BROWSER_WITHIN_MS });
    if (exitCode === 0) return name;
  }
  throw new JobctlError('BROWSER_MISSING', EXIT.usage, 'there is no browser to draw the report', {
    detail: `looked for ${BROWSERS.join(', ')} on the PATH`,
    hint: 'install one, as `apt-get install chromium`, or leave --png out: results.html needs nothing',
  });
};
