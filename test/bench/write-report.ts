import fs from 'node:fs'

const start = '<!-- bench:start -->'
const end = '<!-- bench:end -->'

/** Replaces what stands between the markers of the page. Throws if it has none. */
export function writeReport(page: string, report: string): void {
  const text = fs.readFileSync(page, 'utf8')
  const from = text.indexOf(start)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`Cannot write ${page}: it has no ${start} and ${end}`)
  fs.writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${report}\n\n${text.slice(to)}`)
}
