// RFC 3339 can say more than a Date holds: up to nine digits of a second, and an offset. So the text that a Date was read
// from is kept for it, and a store that writes such text writes it back.
const texts = new WeakMap<Date, string>()

/** The text that `date` was read from, if any; the Date may have been changed since. */
export function keptTimeText(date: Date): string | undefined {
  return texts.get(date)
}

/** Keeps `text` for `date`. */
export function keepTimeText(date: Date, text: string): void {
  texts.set(date, text)
}

/** A copy of `date`, for which the same text is kept. */
export function copyDate(date: Date): Date {
  const copy = new Date(date)
  const text = texts.get(date)
  if (text !== undefined) texts.set(copy, text)
  return copy
}
