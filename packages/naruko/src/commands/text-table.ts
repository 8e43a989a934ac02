/** UTF-16 code units of a cell that are shown: one long name is not to widen every row. */
const CELL_LENGTH = 100;

/** Rows in columns: the first two to the left, numbers to the right. */
export function textTable(texts: readonly (readonly string[])[], leftColumns = 2): string {
  const rows = texts.map((row) => row.map(shown));
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < leftColumns ? cell.padEnd(width) : cell.padStart(width);
    });
    return cells.join("  ").trimEnd();
  });
  return lines.join("\n");
}

/** Senders choose what services and models are called: no terminal is to obey them. */
function shown(cell: string): string {
  const plain = cell.replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Cs}]/gu, "\u{fffd}");
  return plain.length > CELL_LENGTH ? `${plain.slice(0, CELL_LENGTH - 1)}…` : plain;
}
