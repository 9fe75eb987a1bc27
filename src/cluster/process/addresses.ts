// Loopback addresses of the nodes: the first one, and those that follow it.
import { usageError } from '../../core/model/errors.ts';

export const FIRST_ADDRESS_DEFAULT = '127.0.0.1';

/** All of 127/8 is this machine on Linux; the last byte must stay below 255. */
const LOOPBACK = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const LAST_BYTE_MAX = 245;

/** Throws OPTION_INVALID for what is no address with room for nine nodes. */
export const parseFirstAddress = (text: string): string => {
  const bytes = (LOOPBACK.exec(text.trim()) ?? []).slice(1).map(Number);
  const last = bytes.at(-1) ?? 0;
  if (bytes.every((byte) => byte <= 255) && last >= 1 && last <= LAST_BYTE_MAX) return text.trim();
  throw usageError('OPTION_INVALID', `--first-address: "${text}" is not a loopback address`, {
    hint: `give one from 127.0.0.1 on, as 127.0.1.1; its last number from 1 to ${LAST_BYTE_MAX}`,
  });
};

/** The address `index` after the first. */
export const nodeAddress = (first: string, index: number): string => {
  const bytes = first.split('.');
  return [...bytes.slice(0, 3), Number(bytes[3]) + index].join('.');
};
