// The documentation as one page without scripts, made from the OpenAPI document: it works offline, and loads nothing.
import { escaped } from '../core/model/markup.ts';
import type { openApiDocument } from './openapi.ts';

type Json = Readonly<Record<string, unknown>>;

/** For the header of the same name: nothing but the page's own style. */
export const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

export const docsPage = (document: ReturnType<typeof openApiDocument>): string => {
  const paths = Object.entries((document.paths ?? {}) as Record<string, Record<string, Json>>);
  const operations = paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const shown = operations.filter(({ operation }) => !String(operation.operationId).endsWith('Alias'));
  const aliases = operations.filter(({ operation }) => String(operation.operationId).endsWith('Alias'));
  const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Json>);
  const tags = [...new Set(shown.map(({ operation }) => String((operation.tags as readonly string[])[0])))];
  const sections = tags.map((tag) => {
    const those = shown.filter(({ operation }) => (operation.tags as readonly string[])[0] === tag);
    return `<section id="${anchor(tag)}"><h2>${escaped(tag)}</h2>${those.map((each) => operationHtml(each, Object.fromEntries(schemas))).join('')}</section>`;
  });
  const contents = [...tags, 'older paths', 'schemas'].map((tag) => `<a href="#${anchor(tag)}">${escaped(tag)}</a>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>jobctl API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head><body>
<header><h1>jobctl API <small>${escaped(document.info.version)}</small></h1><p>${escaped(document.info.description ?? '')}</p>
<p>Machine-readable: <a href="/openapi.json">/openapi.json</a>. Health: <a href="/healthz">/healthz</a>,
<a href="/readyz">/readyz</a>. Metrics: <a href="/metrics">/metrics</a>.</p><nav>${contents.join('')}</nav></header>
<main>${sections.join('')}
<section id="${anchor('older paths')}"><h2>older paths</h2><ul>${aliases
    .map(
      ({ method, path, operation }) =>
        `<li><code>${method} ${escaped(path)}</code> ${code(operation.description)}</li>`,
    )
    .join('')}</ul></section>
<section id="schemas"><h2>schemas</h2>${schemas
    .map(
      ([name, schema]) =>
        `<article id="schema-${escaped(name)}"><h3>${escaped(name)}</h3>${fieldsHtml(schema)}</article>`,
    )
    .join('')}</section></main></body></html>`;
};

interface Shown {
  readonly path: string;
  readonly method: string;
  readonly operation: Json;
}

const operationHtml = ({ path, method, operation }: Shown, schemas: Readonly<Record<string, Json>>): string => {
  const parameters = (operation.parameters ?? []) as readonly Json[];
  const body = schemaOf(operation.requestBody);
  const responses = Object.entries((operation.responses ?? {}) as Record<string, Json>);
  const [[, success = {}] = []] = responses;
  const rows = parameters.map((each) =>
    row(`${each.name}`, `${each.in}`, each.required === true, each.description, each.schema),
  );
  return `<article id="${escaped(String(operation.operationId))}"><h3><b class="${method}">${method}</b> <code>${escaped(path)}</code></h3>
<p><strong>${escaped(String(operation.summary))}.</strong> ${code(operation.description)}</p>
${rows.length === 0 ? '' : table(rows)}
${body === null ? '' : `<h4>body</h4>${fieldsHtml(body)}${exampleHtml(method, path, resolved(body, schemas))}`}
<h4>answer</h4>${fieldsHtml(schemaOf(success) ?? {})}</article>`;
};

const schemaOf = (holder: unknown): Json | null => {
  const content = (holder as { readonly content?: Record<string, Json> } | undefined)?.content;
  return ((content?.['application/json'] as { readonly schema?: Json } | undefined)?.schema ?? null) as Json | null;
};

const fieldsHtml = (schema: Json): string => {
  const { properties, required = [] } = schema as {
    readonly properties?: Record<string, Json>;
    readonly required?: readonly string[];
  };
  if (properties === undefined) return `<p>${typeHtml(schema)}</p>`;
  return table(
    Object.entries(properties).map(([name, field]) => row(name, '', required.includes(name), field.description, field)),
  );
};

const row = (name: string, place: string, isRequired: boolean, description: unknown, schema: unknown): string =>
  `<tr><td><code>${escaped(name)}</code>${isRequired ? ' <em>required</em>' : ''}</td><td>${escaped(place)} ${typeHtml((schema ?? {}) as Json)}</td><td>${code(description ?? '')}</td></tr>`;

const table = (rows: readonly string[]): string => `<table>${rows.join('')}</table>`;

const typeHtml = (schema: Json): string => {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`;
  }
  const several = (schema.anyOf ?? schema.oneOf) as readonly Json[] | undefined;
  if (several !== undefined) return several.map(typeHtml).join(' or ');
  if (Array.isArray(schema.enum)) return schema.enum.map((each) => `<code>${escaped(String(each))}</code>`).join(' ');
  if (schema.type === 'array') return `list of ${typeHtml((schema.items ?? {}) as Json)}`;
  if (schema.properties !== undefined) return fieldsHtml(schema);
  const { type } = schema;
  if (Array.isArray(type)) return type.map((each) => escaped(String(each))).join(' or ');
  return escaped(String(schema.const ?? schema.format ?? type ?? 'any JSON'));
};

/** The schema itself, where there is only a reference to it. */
const resolved = (schema: Json, schemas: Readonly<Record<string, Json>>): Json =>
  typeof schema.$ref === 'string' ? (schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema;

const exampleHtml = (method: string, path: string, { example }: Json): string =>
  example === undefined
    ? ''
    : `<pre>curl -X ${method} localhost:7070${escaped(path)} -H 'content-type: application/json' -d '${escaped(JSON.stringify(example))}'</pre>`;

const anchor = (text: string): string => text.replaceAll(' ', '-');
const code = (text: unknown): string => escaped(String(text)).replace(/`([^`]+)`/g, '<code>$1</code>');

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem}
nav a{margin-right:1rem}article{border-top:1px solid #8884;padding:.5rem 0}h3{margin:.3rem 0}h4{margin:.6rem 0 .2rem}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #8882;padding:.15rem .5rem;vertical-align:top}
td:first-child{width:14rem}td:nth-child(2){width:18rem}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:#8881;padding:.5rem;overflow-x:auto}b{padding:.1rem .4rem;border-radius:.2rem;background:#8883}
small,em{opacity:.7;font-weight:normal}td table td:first-child,td table td:nth-child(2){width:auto}`;
