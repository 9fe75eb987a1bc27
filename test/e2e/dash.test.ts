// The dashboard in a real terminal: tmux has one, types into it, and looks at what it shows.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/jobctl.js', import.meta.url));
/** A screen that does not show it by then never will, ms. */
const SHOWN_WITHIN_MS = 20_000;

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** A server of its own, so that nobody else's sessions are touched. */
class Tmux implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'jobctl-tmux-'));
  readonly #socket = join(this.folder, 'socket');

  run(...args: readonly string[]): string {
    return execFileSync('tmux', ['-S', this.#socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  }

  type(...keys: readonly string[]): void {
    this.run('send-keys', '-t', 'dash', ...keys);
  }

  screen(): string {
    return this.run('capture-pane', '-p', '-t', 'dash');
  }

  async until(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.screen(), { timeout: SHOWN_WITHIN_MS }).toMatch(pattern);
  }

  [Symbol.dispose](): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server']);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

test.skipIf(!hasTmux)(
  `in tmux: keys, a new size, and a sane terminal afterwards${hasTmux ? '' : ' (tmux is not installed)'}`,
  async () => {
    using tmux = new Tmux();
    const store = `sqlite:${join(tmux.folder, 'jobs.db')}`;
    const env = ['env', `HOME=${tmux.folder}`, `JOBCTL_STORE=${store}`, 'LANG=C.UTF-8'];
    const shell = [
      ...env,
      'sh',
      '-c',
      `stty -g > before; ${BIN} dash; echo "left with $?"; stty -g > after; cmp before after && echo sane; exec cat`,
    ];
    tmux.run('new-session', '-d', '-s', 'dash', '-x', '80', '-y', '24', '-c', tmux.folder, ...shell);
    await tmux.until(/needs attention[\s\S]*no worker is live/);
    tmux.type('6');
    await tmux.until(/buckets \(16\)/);
    tmux.type('G');
    await tmux.until(/▸ 15/);
    tmux.run('resize-window', '-t', 'dash', '-x', '120', '-y', '40');
    await tmux.until(/RETRIED +DEAD +TOKEN/);
    tmux.type(':jobs', 'Enter');
    await tmux.until(/no jobs yet/);
    tmux.type('q');
    await tmux.until(/left with 0\s+sane/);
    expect(tmux.screen()).not.toContain('overview');
  },
);

test.skipIf(!hasTmux)(
  `in tmux: help that is higher than the screen is shown by $PAGER${hasTmux ? '' : ' (tmux is not installed)'}`,
  async () => {
    using tmux = new Tmux();
    const line = `PAGER='head -2' ${BIN} help output; PAGER='head -2' ${BIN} help flags | tail -1; exec cat`;
    const shell = ['env', `HOME=${tmux.folder}`, 'sh', '-c', line];
    tmux.run('new-session', '-d', '-s', 'dash', '-x', '150', '-y', '15', '-c', tmux.folder, ...shell);
    await tmux.until(/show help/); // in a pipe all of it, to the last line
    expect(tmux.screen().trim()).toMatch(/^Output\s+-h, --help +show help$/);
  },
);
