const count = new Intl.NumberFormat('en')

export const countText = (value: number): string => count.format(value)

export const msText = (ms: number): string => `${count.format(Math.round(ms))} ms`

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

const date = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })

/** The day of a time in ISO 8601: `Jun 1`. */
export const dayText = (iso: string): string => date.format(new Date(iso))

/** How long ago something was: `just now`, `5 s ago`, `3 d ago`. */
export function agoText(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000)
  if (seconds < 1) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`
  return seconds < 86_400 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86_400)} d ago`
}
