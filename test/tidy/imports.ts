// Checks on who imports whom: directions between layers, cycles, and files that nothing reaches.
import { type Check, codeOnly, type Import, importsOf, isCode, isIn, type Sources } from './sources.ts';

/** One row of the table of layers. */
export interface Layer {
  /** Folder or file; the longest one that fits a path is its layer. */
  readonly at: string;
  /** Layers it may import, besides itself; '*' is every one. */
  readonly sees: readonly string[] | '*';
  /** Which `node:` modules and npm packages it may import. */
  readonly outside: 'anything' | readonly string[];
  /** What to do instead. */
  readonly remedy: string;
}

export const directionCheck =
  (layers: readonly Layer[]): Check =>
  (sources) =>
    [...sources].filter(([path]) => isCode(path)).flatMap(([path, text]) => directionsOf(path, text, layers));

const directionsOf = (path: string, text: string, layers: readonly Layer[]): readonly string[] => {
  const layer = layerOf(path, layers);
  if (layer === undefined) {
    return isIn(path, ['src']) ? [`${path}: belongs to no layer; add its folder to LAYERS in test/tidy.test.ts`] : [];
  }
  return importsOf(path, text)
    .filter((each) => !mayImport(layer, each, layers))
    .map((each) => `${path}: ${layer.at} may not import '${each.specifier}'; ${layer.remedy}`);
};

const mayImport = (layer: Layer, { target, specifier }: Import, layers: readonly Layer[]): boolean => {
  if (target === undefined) return layer.outside === 'anything' || layer.outside.includes(specifier);
  const other = layerOf(target, layers);
  return layer.sees === '*' || other === layer || (other !== undefined && layer.sees.includes(other.at));
};

const layerOf = (path: string, layers: readonly Layer[]): Layer | undefined =>
  layers
    .filter(({ at }) => path === at || isIn(path, [at]))
    .sort((a, b) => b.at.length - a.at.length)
    .at(0);

/** Import cycles among files of src. A type-only import is gone at run time and closes no cycle. */
export const cycleCheck: Check = (sources) => {
  const graph = graphOf(sources, (each) => !each.typeOnly);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const cycle = [...trail.slice(start), path].join(' -> ');
      cycles.push(`${path}: import cycle ${cycle}; move what both need into a third file, or pass it as an argument`);
    }
    if (start >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
};

/** Files of src that no entry reaches, and entries that are not there. */
export const deadFileCheck =
  (entries: readonly string[]): Check =>
  (sources) => {
    const graph = graphOf(sources, () => true);
    const missing = entries.filter((entry) => !graph.has(entry));
    if (missing.length > 0)
      return missing.map((entry) => `${entry}: is not there; correct ENTRIES in test/tidy.test.ts`);
    const reached = new Set<string>(entries);
    // A set visits what is added while it is walked.
    for (const path of reached) for (const target of graph.get(path) ?? []) reached.add(target);
    return [...graph.keys()]
      .filter((path) => !reached.has(path))
      .map((path) => `${path}: nothing reaches it from ${entries.join(', ')}; import it or delete it`);
  };

/** Exported values that no other file names. Exported types may stand alone: they say what a function takes. */
export const deadExportCheck: Check = (sources) => {
  const words = new Map([...sources].filter(([path]) => isCode(path)).map(([path, text]) => [path, wordsOf(text)]));
  return [...sources]
    .filter(([path]) => isCode(path) && isIn(path, ['src']))
    .flatMap(([path, text]) =>
      [...codeOnly(text).matchAll(/^export (?:const|class|(?:async )?function\*?)\s+(\w+)/gm)]
        .map((match) => match[1] ?? '')
        .filter((name) => ![...words].some(([other, found]) => other !== path && found.has(name)))
        .map((name) => `${path}: nothing uses the exported \`${name}\`; delete it, or do not export it`),
    );
};

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.match(/\w+/g));

const graphOf = (sources: Sources, counts: (each: Import) => boolean): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...sources]
      .filter(([path]) => isCode(path) && isIn(path, ['src']))
      .map(([path, text]) => [
        path,
        importsOf(path, text)
          .filter(counts)
          .flatMap(({ target }) => (target !== undefined && sources.has(target) ? [target] : [])),
      ]),
  );
