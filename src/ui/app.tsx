// Between ink and the dashboard: keys and sizes go in, the screen comes out.
import { useInput, useWindowSize } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import type { Dashboard } from './dashboard.ts';
import { keysOf } from './keys.ts';
import { Screen } from './panels/screen.tsx';

export const App = ({ dashboard }: { readonly dashboard: Dashboard }) => {
  useSyncExternalStore(dashboard.subscribe, dashboard.version);
  const { columns, rows } = useWindowSize();
  useEffect(() => dashboard.resize({ columns, rows }), [dashboard, columns, rows]);
  useInput((input, key) => {
    for (const name of keysOf(input, key)) dashboard.press(name);
  });
  return <Screen dashboard={dashboard} />;
};
