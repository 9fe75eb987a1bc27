// A terminal's screen as a picture: every cell as it stands there, text that can be searched and scaled.
import type { Terminal } from '@xterm/headless';
import { escaped } from '../src/core/model/markup.ts';

const CELL_WIDTH = 8.43;
const LINE_HEIGHT = 18;
const FONT_SIZE = 14;
const MARGIN = 16;
const BACKGROUND = '#16181d';
const FOREGROUND = '#d7dae0';
const DIMMED = '#7d8490';
/** The sixteen colours of a terminal, as this picture shows them. */
const COLOURS: readonly string[] = [
  ...['#3b4048', '#ff6b74', '#7ee787', '#f2cc60', '#79b8ff', '#d2a8ff', '#56d4dd', '#d7dae0'],
  ...['#6e7681', '#ff8f96', '#a5f0ac', '#f8dd92', '#a6d1ff', '#e2c5ff', '#8ce4ea', '#ffffff'],
];

interface Run {
  readonly column: number;
  readonly colour: string;
  readonly isBold: boolean;
  readonly isInverse: boolean;
  readonly text: string;
}

export const screenSvg = (terminal: Terminal, title: string): string => {
  const { cols, rows } = terminal;
  const lines = Array.from({ length: rows }, (_, row) => runsOf(terminal, row));
  const [width, height] = [cols * CELL_WIDTH + 2 * MARGIN, rows * LINE_HEIGHT + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    ...lines.flatMap((runs, row) => runs.flatMap((run) => drawn(run, row))),
    '</svg>\n',
  ].join('\n');
};

const drawn = ({ column, colour, isBold, isInverse, text }: Run, row: number): readonly string[] => {
  const [x, y] = [MARGIN + column * CELL_WIDTH, MARGIN + row * LINE_HEIGHT];
  const width = [...text].length * CELL_WIDTH;
  const weight = isBold ? ' font-weight="bold"' : '';
  const fill = isInverse ? BACKGROUND : colour;
  const behind = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${LINE_HEIGHT}" fill="${colour}"/>`;
  // The length is given, so that no font of the reader moves what stands behind.
  const words = `<text x="${x.toFixed(1)}" y="${y + FONT_SIZE}" fill="${fill}"${weight} textLength="${width.toFixed(1)}" xml:space="preserve">${escaped(text)}</text>`;
  return isInverse ? [behind, words] : [words];
};

/** Cells that look alike, together; blank ones only where they are inverted. */
const runsOf = (terminal: Terminal, row: number): readonly Run[] => {
  const line = terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row);
  const runs: Run[] = [];
  for (let column = 0; column < terminal.cols; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const look = {
      colour: cell.isFgPalette() ? (COLOURS[cell.getFgColor()] ?? FOREGROUND) : cell.isDim() ? DIMMED : FOREGROUND,
      ...{ isBold: cell.isBold() !== 0, isInverse: cell.isInverse() !== 0 },
    };
    const text = cell.getChars() || ' ';
    const last = runs.at(-1);
    const isSame = last?.colour === look.colour && last.isBold === look.isBold && last.isInverse === look.isInverse;
    if (last !== undefined && isSame) runs[runs.length - 1] = { ...last, text: last.text + text };
    else runs.push({ column, ...look, text });
  }
  return runs.map(trimmed).filter(({ text }) => text !== '');
};

const trimmed = (run: Run): Run => (run.isInverse ? run : { ...run, text: run.text.trimEnd() });
