/** One SQL text as single statements. A trigger's body ends with END; anything else at its semicolon. */
export function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let statement = '';
  for (const part of sql.replaceAll(/--.*$/gm, '').split(/(?<=;)/)) {
    statement += part;
    const isTrigger = /^\s*CREATE TRIGGER/.test(statement);
    if (!statement.trim() || (isTrigger && !/\bEND;$/.test(statement))) continue;
    statements.push(statement.trim());
    statement = '';
  }
  return statements;
}
