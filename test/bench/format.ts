/** Two decimals around 1, where they decide; two significant digits below. */
export function formatRatio(ratio: number): string {
  if (ratio < 0.001) return `x${ratio.toFixed(5)}`
  return `x${ratio >= 0.1 && ratio < 10 ? ratio.toFixed(2) : digits(ratio)}`
}

/** Two significant digits, three from 100 on. */
export function digits(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(2)).toString()
}

/** 10000 as 10,000. */
export function group(count: number): string {
  return count.toLocaleString('en-US')
}

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
