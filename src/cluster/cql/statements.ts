// Splits CQL text into statements: at semicolons that are in no string, quoted name, function body or comment.

/** Comments, '...', "..." (a doubled quote ends and begins again), $$...$$, and the semicolon. */
const TOKEN = /--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'[^']*(?:'|$)|"[^"]*(?:"|$)|\$\$[\s\S]*?(?:\$\$|$)|;/g;

/** Without comments, the semicolon and empty ones. */
export const splitStatements = (text: string): readonly string[] => {
  const statements: string[] = [];
  let current = '';
  let from = 0;
  const end = (): void => {
    if (current.trim() !== '') statements.push(current.trim());
    current = '';
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    current += text.slice(from, index);
    from = index + token.length;
    if (token === ';') end();
    else current += /^(?:--|\/\/|\/\*)/.test(token) ? ' ' : token;
  }
  current += text.slice(from);
  end();
  return statements;
};
