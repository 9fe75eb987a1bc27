// The small parts that everything is drawn with: text by meaning, a box with a title, a line of hints.
import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Tone } from '../../core/model/tone.ts';
import { fitted } from '../rows.ts';
import { isAscii } from '../signs.ts';

/** Only the sixteen colours of the terminal, which suit its background. */
const LOOKS: Readonly<Record<Tone, { readonly color?: string; readonly bold?: true; readonly dimColor?: true }>> = {
  plain: {},
  dim: { dimColor: true },
  bold: { bold: true },
  good: { color: 'green' },
  bad: { color: 'red' },
  busy: { color: 'cyan' },
  waiting: { color: 'yellow' },
};

export const Toned = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) => (
  <Text {...LOOKS[tone]}>{children}</Text>
);

/** One line that is cut where it does not fit. */
export const Line = ({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) => (
  <Text wrap="truncate-end" {...LOOKS[tone]}>
    {children}
  </Text>
);

export interface PanelProps {
  readonly title: string;
  readonly width: number;
  /** With its border. */
  readonly height: number;
  readonly children: ReactNode;
}

/** The title stands in the border. */
export const Panel = ({ title, width, height, children }: PanelProps) => {
  const [left, line, right] = isAscii() ? ['+', '-', '+'] : ['┌', '─', '┐'];
  const shown = title.length > width - 6 ? fitted(title, Math.max(1, width - 6)) : title;
  const rest = line.repeat(Math.max(0, width - shown.length - 5));
  return (
    <Box flexDirection="column" width={width} height={height} flexShrink={0}>
      <Text wrap="truncate-end" dimColor>
        {`${left}${line} `}
        <Text bold dimColor={false}>
          {shown}
        </Text>
        {` ${rest}${right}`}
      </Text>
      <Box
        {...{ flexDirection: 'column', width, height: height - 1, overflow: 'hidden', paddingX: 1 }}
        {...{ borderStyle: isAscii() ? 'classic' : 'single', borderTop: false, borderDimColor: true }}
      >
        {children}
      </Box>
    </Box>
  );
};

type Hint = readonly [key: string, does: string];
const hintLength = ([key, does]: Hint): number => key.length + does.length + 5;

/** `<key> what it does`, as many as fit, and those that always stand there. */
export const Hints = ({ hints, always, width }: HintsProps) => {
  let room = width - always.reduce((sum, hint) => sum + hintLength(hint), 0);
  const shown = hints.filter((hint) => {
    room -= hintLength(hint);
    return room >= 0;
  });
  return (
    <Line>
      {[...shown, ...always].map(([key, does]) => (
        <Text key={key + does}>
          <Text bold>{`<${key}>`}</Text>
          <Text dimColor>{` ${does}  `}</Text>
        </Text>
      ))}
    </Line>
  );
};

interface HintsProps {
  readonly hints: readonly Hint[];
  readonly always: readonly Hint[];
  readonly width: number;
}
