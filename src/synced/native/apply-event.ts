import { CacheError } from '../../errors.ts'
import type { SyncedEntry } from '../remote-level.ts'
import { asCacheError } from './as-cache-error.ts'
import { eventKinds, type NativeEvent } from './event.ts'
import type { ChainPoint } from './event-chain.ts'
import { sameId } from './id64.ts'
import type { NativeContext } from './native-context.ts'
import { entryOf } from './native-reader.ts'
import type { Partition } from './partition.ts'
import { decodeRecord } from './record.ts'

/** Tells the local level what an event says that follows the chain, which stood at `before`. */
export function applyEvent(context: NativeContext, partition: Partition, event: NativeEvent, before: ChainPoint): void {
  const { sink } = context
  const { kind, key, sequence } = event
  const isNews = partition.isNews(key, sequence)
  switch (kind) {
    case eventKinds.set: {
      const entry = isNews ? entryIn(context, partition, event) : undefined
      if (entry === undefined) sink.drop(key, sequence)
      else sink.set(key, entry, context.senderText(event.sender))
      return
    }
    case eventKinds.move:
    case eventKinds.delete:
    case eventKinds.invalidate:
      sink.drop(key, sequence, kind === eventKinds.invalidate || context.isOwn(event.sender))
      return
    case eventKinds.tag:
      partition.tags.deleted(key, sequence, sequence)
      sink.dropTag(key, sequence)
      return
    case eventKinds.clear:
      partition.bury(before.epoch)
      sink.reset('clear')
  }
}

// Of a record that cannot be read, it is still known that the key moved.
function entryIn({ sink }: NativeContext, partition: Partition, event: NativeEvent): SyncedEntry | undefined {
  try {
    const record = decodeRecord(event.record)
    if (record.sequence === event.sequence && sameId(record.epoch, event.epoch)) return entryOf(partition, record)
    throw new CacheError('CORRUPT', 'An event has a record with another number than its own')
  } catch (error) {
    sink.problem(asCacheError(error))
    return undefined
  }
}
