import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { crashCases, crashRules, type OpenStore, type StoreHandle } from '../../src/contract/index.ts'
import { FileStore, type FileStoreOptions } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { contents } from '../snapshot/app-state.ts'
import { runCases } from './run-cases.ts'

function runCrashCases(name: string, open: OpenStore): void {
  runCases(name, crashCases(open))
}

async function copyOf(disk: Store): Promise<MemoryStore> {
  const copy = new MemoryStore()
  for (const [key, value] of await contents(disk)) await copy.store(key, value)
  return copy
}

function memoryHandle(disk: MemoryStore): StoreHandle {
  return { store: disk, fork: async () => memoryHandle(await copyOf(disk)) }
}

runCrashCases('MemoryStore', () => memoryHandle(new MemoryStore()))
runCrashCases('MemoryStore without batch, abandoned', () => {
  const disk = new MemoryStore()
  return { store: bareStore(disk), crash: async () => bareStore(disk) }
})

const scratch: string[] = []
afterAll(async () => {
  for (const dir of scratch) await rm(dir, { recursive: true, force: true })
})

async function newDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'coldsnap-crash-'))
  scratch.push(dir)
  return dir
}

/** A store in a directory; `fork` copies the directory of a store that lives on, but for what a dead process would free. */
async function inDirectory(open: (dir: string) => Promise<Store & { close(): Promise<void> }>): Promise<StoreHandle> {
  const handleOf = async (dir: string): Promise<StoreHandle> => {
    const store = await open(dir)
    return {
      store,
      async fork() {
        const copy = await newDirectory()
        await cp(dir, copy, { recursive: true, filter: path => basename(path) !== 'LOCK' })
        return await handleOf(copy)
      },
      async dispose() {
        await store.close()
        await rm(dir, { recursive: true, force: true })
      },
    }
  }
  return await handleOf(await newDirectory())
}

const files = (options: FileStoreOptions): OpenStore => {
  return () => inDirectory(dir => FileStore.open(dir, options))
}
runCrashCases('FileStore', files({}))
runCrashCases("FileStore with durability 'process'", files({ durability: 'process' }))
runCrashCases('LevelStore', () => inDirectory(dir => LevelStore.open(dir)))

describe('crashCases()', () => {
  const failureOf = async (id: string, open: OpenStore): Promise<string> => {
    const [found] = crashCases(open).filter(one => one.id === id)
    return await found!.run().then(() => 'success', String)
  }

  it('has a case for every rule, and refuses what is no function', () => {
    expect(crashCases(() => memoryHandle(new MemoryStore())).map(({ id }) => id)).toEqual(Object.keys(crashRules))
    expect(() => crashCases({} as never)).toThrow(TypeError)
  })

  it('says so where there is nothing to come back to', async () => {
    const notes: string[] = []
    const [first] = crashCases(() => ({ store: new MemoryStore() }))
    await first!.run({ skip: note => notes.push(note) })
    expect(notes).toEqual(['handle has no fork(), crash() or reopen()'])
  })

  /** A store that does something wrong on the way to its disk; a crash leaves the disk. */
  const faulty = (spoil: (disk: MemoryStore) => Store, way: 'fork' | 'crash'): OpenStore => {
    return () => {
      const disk = new MemoryStore()
      const store = spoil(disk)
      if (way === 'fork') return { store, fork: async () => memoryHandle(await copyOf(disk)) }
      return { store, crash: async () => bareStore(disk) }
    }
  }

  // What the store says it has, and the disk gets with the next write only.
  const lagging = (disk: MemoryStore): Store => {
    const memory = new MemoryStore()
    let waiting = async (): Promise<void> => undefined
    const late = async (write: (store: Store) => Promise<void>): Promise<void> => {
      await waiting()
      await write(memory)
      waiting = () => write(disk)
    }
    return Object.assign(bareStore(memory), {
      store: (key: string, value: Uint8Array) => late(store => store.store(key, value)),
      remove: (key: string) => late(store => store.remove(key)),
    })
  }

  const forgetting = (disk: MemoryStore): Store => Object.assign(bareStore(disk), { remove: async () => undefined })

  const overreaching = (disk: MemoryStore): Store => {
    return Object.assign(bareStore(disk), {
      remove: async (key: string) => {
        await disk.remove(key)
        await disk.remove('crash-not')
      },
    })
  }

  for (const way of ['fork', 'crash'] as const) {
    it(`catches a store that resolves before it has written (${way})`, async () => {
      expect(await failureOf('C1', faulty(lagging, way))).toMatch(/^Error: C1 after operation \d+, .* found .*, wanted/)
    })

    it(`catches a store that removes more than it was told (${way})`, async () => {
      expect(await failureOf('C1', faulty(overreaching, way))).toMatch(/^Error: C1 .*keys of others: found , wanted/)
    })

    it(`catches a store that keeps what it was told to remove (${way})`, async () => {
      expect(await failureOf('C3', faulty(forgetting, way))).toMatch(/^Error: C3 /)
    })
  }
})
