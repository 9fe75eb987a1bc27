// Flags that every command takes, before or after its name.
import { COLOR_MODES, CONFIG_KEYS, OUTPUT_FORMATS, TIME_STYLES } from '../config/keys.ts';

export const GLOBAL_FLAGS: readonly (readonly [flags: string, summary: string])[] = [
  ['--store <url>', `${CONFIG_KEYS.store.summary} (${CONFIG_KEYS.store.env})`],
  ['--config <file>', 'read this file instead of jobctl.yaml and the user file (JOBCTL_CONFIG)'],
  ['-o, --output <format>', `${OUTPUT_FORMATS.join('|')} (${CONFIG_KEYS.output.env})`],
  ['--no-headers', 'tables without the header line'],
  ['--time <style>', `${TIME_STYLES.join('|')} (${CONFIG_KEYS.time.env})`],
  ['--color <when>', `${COLOR_MODES.join('|')} (${CONFIG_KEYS.color.env}, NO_COLOR)`],
  ['--no-color', 'the same as --color never'],
  ['--timeout <duration>', `${CONFIG_KEYS.timeout.summary} (${CONFIG_KEYS.timeout.env})`],
  ['--profile <name>', 'settings under `profiles:` of a configuration file (JOBCTL_PROFILE)'],
  ['--read-only', `what would change something is an error (${CONFIG_KEYS.readOnly.env})`],
  ['--dry-run', 'say what would be changed, and change nothing'],
  ['-y, --yes', 'answer yes to the question before a bulk change'],
  ['-q, --quiet', 'say nothing on stderr but errors'],
  ['-v, --verbose', 'show events on stderr'],
  ['--debug', 'show the stack of an error (JOBCTL_DEBUG)'],
  ['-V, --version', 'print the version'],
];
