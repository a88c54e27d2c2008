/** The keys that all processes read and write. */
export const keyNames: readonly string[] = Array.from({ length: 120 }, (_, i) => `key ${(i * 7919) % 1009} ${i}`)

/** Tags of values. */
export const tagNames = ['red', 'green', 'blue'] as const

/** More than what an event may carry. */
const bigBytes = 6_000

/** Deadlines and times of the caches of the soak; `local` is so small that entries are evicted. */
export const times = { timeoutMs: 400, heartbeatMs: 250, localTtlMs: 30_000 } as const
export const localBytes = 40_000

/** For how long at most a value is fresh that does not live for ever, and for how long it may be given after that. */
export const shortLifeMs = 400
export const longStaleMs = 200

/** A value of a key that no other write has. */
export function writtenValue(key: string, writer: string, count: number): string {
  const text = `${key}#${writer}#${count}#`
  return count % 10 === 0 ? text.padEnd(bigBytes, '.') : text
}

/** Whether a value is one that was written under the key. */
export function isOf(key: string, value: string): boolean {
  return value.startsWith(`${key}#`) && /#\d+#\.*$/.test(value)
}
