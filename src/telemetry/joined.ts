// Lines of one turn of the event loop are written together: a busy worker would spend a tenth of its time on writing each by
// itself.

/** Nobody reads any more: what is written is lost, and whoever writes goes on. */
export const joined = (write: (text: string) => void): ((text: string) => void) => {
  let lines: string[] = [];
  const flush = (): void => {
    const text = lines.join('');
    lines = [];
    try {
      write(text);
    } catch {
      // The reader has gone; the work has not.
    }
  };
  return (text) => {
    if (lines.length === 0) setImmediate(flush);
    lines.push(text);
  };
};
