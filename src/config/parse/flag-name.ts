// How a setting or an option is written on the command line.

/** `readOnly` is `--read-only`. */
export const flagName = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
