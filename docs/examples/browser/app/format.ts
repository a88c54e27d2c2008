const count = new Intl.NumberFormat('en')
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' })

export const countText = (value: number): string => count.format(value)

export const msText = (ms: number): string => `${count.format(Math.round(ms))} ms`

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** How long ago something was: `5 sec. ago`, `3 days ago`. */
export function agoText(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000)
  if (seconds < 1) return 'just now'
  if (seconds < 60) return relative.format(-seconds, 'second')
  if (seconds < 3600) return relative.format(-Math.round(seconds / 60), 'minute')
  if (seconds < 86_400) return relative.format(-Math.round(seconds / 3600), 'hour')
  return relative.format(-Math.round(seconds / 86_400), 'day')
}
