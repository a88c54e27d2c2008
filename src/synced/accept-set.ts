import type { SyncedEntry } from './remote-level.ts'
import type { SyncedSettings } from './synced-settings.ts'

/**
 * What is kept of a value that another process set: what `onSetLocal` says. If that throws, nothing that is older may stay
 * either, so that the value is kept as it came.
 */
export function acceptSet(
  { onSetLocal, format }: SyncedSettings,
  report: (error: unknown) => void,
): (key: string, entry: SyncedEntry, sender: string) => SyncedEntry | undefined {
  if (onSetLocal === undefined) return (_key, entry) => entry
  return (key, entry, sender) => {
    try {
      const value = onSetLocal({
        key,
        sender,
        action: 'set',
        bytes: entry.body,
        get value(): unknown {
          return format.decode(entry.codec, entry.body)
        },
      })
      if (value === undefined) return undefined
      const { codec, bytes } = format.encode(value)
      return { ...entry, codec, body: bytes }
    } catch (error) {
      report(error)
      return entry
    }
  }
}
