// One process of the soak: a cache behind a proxy of its own, that does what its parent tells it.
import { createClient } from 'redis'
import { isCacheError } from '../../../src/errors.ts'
import { SyncedCache } from '../../../src/synced/index.ts'
import { collectGarbage } from '../../helpers/collect-garbage.ts'
import { Random } from '../../helpers/random.ts'
import { openSoakCache } from './open-soak-cache.ts'
import { SoakLoad } from './soak-load.ts'
import type { Found, FromChild, ToChild } from './soak-messages.ts'
import { keyNames } from './soak-values.ts'

const [url, writer, seed, broken] = process.argv.slice(2)

const say = (message: FromChild): void => void process.send?.(message, () => undefined)
let told = 0
const onProblem = (text: string): void => {
  if (told++ < 20) say({ kind: 'problem', text: `${writer}: ${text}` })
}

process.on('unhandledRejection', reason => onProblem(`Unhandled: ${reason instanceof Error ? reason.stack : reason}`))
process.on('warning', warning => onProblem(`Warning: ${warning.message}`))

const redis = createClient({ url: url!, socket: { reconnectStrategy: 30 } })
redis.on('error', () => undefined)
await redis.connect()
if (broken === 'deaf') makeDeaf()
const reader = writer!.startsWith('reader')
const cache = await openSoakCache(redis, { reader })
const load = new SoakLoad(cache, writer!, new Random(Number(seed)), { isReader: reader, onProblem })
process.on('message', (message: ToChild) => void obey(message))
// Its parent is gone.
process.on('disconnect', process.exit)
say({ kind: 'ready' })

async function obey(message: ToChild): Promise<void> {
  if (message.kind === 'end') {
    await load.stop()
    await cache.close()
    if (redis.isOpen) redis.destroy()
    // From here on nothing keeps the process alive but what leaked.
    process.off('disconnect', process.exit).disconnect()
    return
  }
  const { id } = message
  if (message.kind === 'load') load.start()
  else if (message.kind === 'rest') await load.stop()
  else if (message.kind === 'look') {
    say({ kind: 'done', id, found: await look() })
    return
  } else {
    say({ kind: 'done', id, bytes: await collectGarbage() })
    return
  }
  say({ kind: 'done', id })
}

async function look(): Promise<Found> {
  const values = await Promise.all(
    keyNames.map(async key => {
      try {
        return (await cache.get(key)) ?? null
      } catch (error) {
        return isCacheError(error) ? error.code : String(error)
      }
    }),
  )
  return { values, counts: load.counts }
}

// What must be found out: a process that does not drop what the others changed.
function makeDeaf(): void {
  const { get } = SyncedCache.prototype
  const kept = new Map<string, unknown>()
  SyncedCache.prototype.get = async function (key, options) {
    if (!kept.has(key)) kept.set(key, await get.call(this, key, options))
    return kept.get(key)
  }
}
