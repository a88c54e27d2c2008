/** Lines of a table: columns are as wide as their longest cell; those named in `right` are aligned to the right. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const all = [header, ...rows]
  const widths = header.map((_, i) => Math.max(...all.map(row => [...(row[i] ?? '')].length)))
  const pad = (cell: string, i: number): string => {
    const blanks = ' '.repeat(widths[i]! - [...cell].length)
    return right.includes(i) ? blanks + cell : cell + blanks
  }
  return all.map(row => row.map(pad).join('  ').trimEnd())
}
