import fs from 'node:fs'

// Linux can forget the peak so far; elsewhere it is that of the whole process, which the state file's reading may set.
const canReset = process.platform === 'linux'

/** Begins to watch for a new peak of resident memory; returns what is resident now, in bytes. */
export function startPeak(): number {
  if (canReset) fs.writeFileSync('/proc/self/clear_refs', '5')
  return process.memoryUsage.rss()
}

/** The peak of resident memory since {@link startPeak}, in bytes. */
export function peakBytes(): number {
  if (!canReset) return process.resourceUsage().maxRSS * 1024
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))
  return Number(line![1]) * 1024
}
