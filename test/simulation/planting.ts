// Plants a bug while the modules load: call it before anything that is to have it is imported.
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CANARIES } from './canaries.ts';
import type { Canary } from './canary.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const plant = <Kind extends Pick<Canary, 'name' | 'edits'> = Canary>(
  name: string,
  canaries: readonly Kind[] = CANARIES as unknown as readonly Kind[],
): Kind => {
  const canary = canaries.find((each) => each.name === name);
  if (canary === undefined)
    throw new Error(`there is no canary "${name}": ${canaries.map((each) => each.name).join(', ')}`);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const edits = canary.edits.filter(
        ({ file }) => url.startsWith('file:') && fileURLToPath(url) === `${ROOT}${file}`,
      );
      if (edits.length === 0) return loaded;
      let source = String(loaded.source);
      for (const edit of edits) {
        if (source.split(edit.from).length !== 2)
          throw new Error(`canary ${name}: ${edit.file} no longer has "${edit.from}" once`);
        source = source.replace(edit.from, () => edit.to);
      }
      return { ...loaded, source };
    },
  });
  return canary;
};
