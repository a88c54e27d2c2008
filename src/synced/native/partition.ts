import { fnv1 } from '../../bytes/fnv.ts'
import { fromHex } from '../../bytes/hex.ts'
import { utf8Encode } from '../../bytes/utf8.ts'
import type { RedisArgument } from '../../redis/redis-port.ts'
import { ClockOffset } from './clock-offset.ts'
import { type ChainPoint, EventChain } from './event-chain.ts'
import { argumentOf, asciiOnly, bytesOfId, type Id64, idBytes, readId, sameId } from './id64.ts'
import { type PartitionNames, partitionNames } from './key-names.ts'
import { TagMemory } from './tag-memory.ts'

const maxDeadEpochs = 16
/** An event that has not come by then was found to be lost, or belongs to a history that is over. */
const maxFenceRounds = 4

/** What this process knows of one partition. */
export class Partition {
  readonly number: number
  readonly names: PartitionNames
  /** How this process names itself and the partition in events. */
  readonly from: RedisArgument
  readonly chain: EventChain = new EventChain()
  readonly tags: TagMemory = new TagMemory()
  readonly clock: ClockOffset = new ClockOffset()
  #life = 0
  #fence = 0
  #fenceRounds = 0
  #deadEpochs: Id64[] = []
  /** What this process itself did last to keys, as long as the events of it are still to come. */
  readonly #changed = new Map<string, number>()

  constructor(prefix: string, number: number, sender: Id64) {
    this.number = number
    this.names = partitionNames(prefix, number)
    this.from = argumentOf(Uint8Array.of(...bytesOfId(sender), number >> 8, number))
  }

  /** Grows whenever the chain begins anew: what was known before is then worth nothing. */
  get life(): number {
    return this.#life
  }

  /** The point of the chain, if what is known by it is all that this process itself was told: else Redis must be asked. */
  get trusted(): ChainPoint | undefined {
    const { point } = this.chain
    return point !== undefined && point.sequence >= this.#fence ? point : undefined
  }

  /** In step from here on; with `isAhead`, events of before may still come. */
  begin(point: ChainPoint, isAhead = false): void {
    this.#life += 1
    this.chain.begin(point, isAhead)
    this.tags.begin(point.sequence)
    this.#deadEpochs = []
    // The point is of after them: it was asked for when the chain had ended, and since then there were fences.
    this.#changed.clear()
  }

  /** This process made the change `sequence` of a key; its event is still to come, unless it came already. */
  changed(key: string, sequence: number): void {
    const { point } = this.chain
    if (point === undefined) this.fence(sequence)
    else if (point.sequence < sequence) this.#changed.set(key, sequence)
  }

  /** An event of a key came. False: it tells what this process has changed since. */
  isNews(key: string, sequence: number): boolean {
    const own = this.#changed.get(key)
    if (own !== undefined && own <= sequence) this.#changed.delete(key)
    return sequence >= Math.max(this.#fence, own ?? 0)
  }

  /** This process made the change `sequence` that makes records void; its event is still to come. */
  fence(sequence: number): void {
    this.#fence = Math.max(this.#fence, sequence)
    this.#fenceRounds = 0
  }

  /** What Redis is asked from now on, it answers as of after all that this process did. */
  unfence(): void {
    this.#fence = 0
  }

  /** A round of the heartbeat is over. */
  endRound(): void {
    this.#fenceRounds += 1
    if (this.#fenceRounds >= maxFenceRounds) this.unfence()
  }

  /** No record of that epoch is valid any more. */
  bury(epoch: Id64): void {
    if (this.isDead(epoch)) return
    this.#deadEpochs.unshift(epoch)
    if (this.#deadEpochs.length > maxDeadEpochs) this.#deadEpochs.pop()
  }

  isDead(epoch: Id64): boolean {
    return this.#deadEpochs.some(each => sameId(each, epoch))
  }
}

/** How the process `id` is named in events: its bytes, if it is 16 hex digits, or else those of its FNV-1 without their highest bits. */
export function senderOf(id: string): Id64 {
  const bytes = id.length === 2 * idBytes ? fromHex(id) : undefined
  if (bytes !== undefined) return readId(bytes, 0)
  return asciiOnly(fnv1(utf8Encode(id)))
}
