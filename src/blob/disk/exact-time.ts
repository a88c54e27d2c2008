import { keepTimeText, keptTimeText } from '../kept-time-text.ts'

// RFC 3339 as Go writes and reads it: up to nine digits of a second, and the offset it was given with.
const pattern = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** What Go calls the zero time. */
export const zeroTimeText = '0001-01-01T00:00:00Z'

/** The moment that `text` names, cut to milliseconds; `undefined` if it names none. The Date knows its text. */
export function parseTime(text: string): Date | undefined {
  const found = pattern.exec(text)
  if (found === null) return undefined
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const offsetMinutes = Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)
  if (hour > 23 || minute > 59 || second > 59 || Number(found[9] ?? 0) > 23 || Number(found[10] ?? 0) > 59) return
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  date.setUTCHours(hour, minute, second, Number((found[7] ?? '').padEnd(3, '0').slice(0, 3)))
  date.setTime(date.getTime() - (found[8] === '-' ? -1 : 1) * offsetMinutes * 60_000)
  keepTimeText(date, text)
  return date
}

/** The text of `date`: the one it was read from, if it still is that moment; else in UTC with milliseconds, zeros cut. */
export function timeText(date: Date): string {
  return rememberedText(date) ?? plainText(date)
}

/** The text that `date` was read from. */
export function rememberedText(date: Date): string | undefined {
  const text = keptTimeText(date)
  return text !== undefined && parseTime(text)?.getTime() === date.getTime() ? text : undefined
}

function plainText(date: Date): string {
  const text = date.toISOString()
  const fraction = text.slice(-5, -1).replace(/\.?0+$/, '')
  return `${text.slice(0, -5)}${fraction}Z`
}
