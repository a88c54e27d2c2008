import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { bundle } from '../helpers/bundle.ts'
import { makeState, openApp } from '../snapshot/app-state.ts'
import { expectTidy } from '../snapshot/expect-whole.ts'
import { scratch } from '../store/scratch.ts'
import { raceCache, raceState } from './race-state.ts'

const openers = {
  FileStore: (dir: string) => FileStore.open(dir, { durability: 'process' }),
  LevelStore: (dir: string) => LevelStore.open(dir, { durability: 'process' }),
} as const

let script = ''
beforeAll(async () => {
  script = await bundle('test/faults/race-writer.ts')
})
afterAll(() => fs.rmSync(dirname(script), { recursive: true, force: true }))

interface Racer {
  readonly process: ChildProcess
  readonly lines: AsyncIterator<string>
}

async function startRacers(names: readonly string[]): Promise<Racer[]> {
  const racers = names.map(() => {
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    return { process: child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
  })
  for (const { lines } of racers) expect((await lines.next()).value).toBe('ready')
  return racers
}

async function race(racers: readonly Racer[], orders: readonly unknown[][]): Promise<{ refused: number }[]> {
  for (const [i, racer] of racers.entries()) racer.process.stdin!.write(`${JSON.stringify(orders[i])}\n`)
  const answers = racers.map(async ({ lines }) => String((await lines.next()).value))
  return (await Promise.all(answers)).map(answer => JSON.parse(answer) as { refused: number })
}

const names = ['a', 'b', 'c']

describe.each(Object.entries(openers))('processes racing for one directory of %s', (name, open) => {
  it('take turns: one at a time gets it, and no write of another is lost', async () => {
    const dir = join(scratch(), 'store')
    const writes = 20
    const racers = await startRacers(names)
    const results = await race(
      racers,
      names.map(writer => [name, dir, writer, writes, true]),
    )
    expect(results.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0)
    const store = await open(dir)
    const snapshot = (await raceCache(store).load())!
    expect(snapshot.state.self.total).toBe(writes * names.length)
    expect(snapshot.report).toEqual({ problems: [], fallback: false })
    await expectTidyRace(store)
    await store.close()
  })

  it('go on when one of them is killed while it has the directory', async () => {
    const dir = join(scratch(), 'store')
    const racers = await startRacers(names)
    const victim = racers.shift()!
    victim.process.stdin!.write(`${JSON.stringify([name, dir, 'victim', 1e9, true])}\n`)
    const others = race(
      racers,
      ['b', 'c'].map(writer => [name, dir, writer, 8, true]),
    )
    await new Promise(resolve => setTimeout(resolve, 60))
    victim.process.kill('SIGKILL')
    await once(victim.process, 'close')
    await others
    const store = await open(dir)
    const { state, report } = (await raceCache(store).load())!
    expect(report.problems).toEqual([])
    const [writer, turn] = state.self.stamp.split('-')
    expect(state).toStrictEqual(raceState(writer!, Number(turn), state.self.total))
    await raceCache(store).store(raceState('last', 1, 0))
    await raceCache(store).store(raceState('last', 2, 0))
    await expectTidyRace(store)
    await store.close()
  })
})

async function expectTidyRace(store: FileStore | LevelStore): Promise<void> {
  expect(await raceCache(store).verify()).toMatchObject({ ok: true, unused: [] })
}

describe('processes that write one directory without a lock', () => {
  it('and a reader beside them: every load is whole, and of one write', async () => {
    const dir = join(scratch(), 'store')
    const racers = await startRacers(names)
    let isOver = false
    const racing = race(
      racers,
      names.map(writer => ['FileStore', dir, writer, 60, false]),
    ).finally(() => {
      isOver = true
    })
    const reader = await FileStore.open(dir, { readOnly: true })
    const cache = raceCache(reader)
    let loads = 0
    let hasStored = false
    while (!isOver) {
      const snapshot = await cache.load()
      loads++
      if (hasStored) expect(snapshot).toBeDefined()
      if (snapshot === undefined) continue
      hasStored = true
      const [writer, turn] = snapshot.state.self.stamp.split('-')
      expect(snapshot.state).toStrictEqual(raceState(writer!, Number(turn), snapshot.state.self.total))
    }
    await racing
    expect(loads).toBeGreaterThan(20)
    await reader.close()
  })
})

describe('a directory removed under a live cache', () => {
  it.each([
    ['FileStore', true],
    ['FileStore', false],
  ])('%s, immutable: %s: a load finds nothing, the next store writes all of it again', async (_, immutable) => {
    const dir = join(scratch(), 'store')
    let nowMs = 1_800_000_000_000
    const store = await FileStore.open(dir, { durability: 'process' })
    const cache = openApp(store, { immutable, now: () => nowMs })
    for (let round = 1; round <= 3; round++) {
      const state = makeState(round, 50)
      await cache.store(state)
      fs.rmSync(dir, { recursive: true })
      // An immutable state that was just stored is taken at its word for a second.
      nowMs += 2000
      if (round === 1) expect(await cache.load()).toBeUndefined()
      // The very state that is believed to be stored.
      if (round === 2) await cache.store(state)
      else
        await cache.patch('users', { set: { zoe: { login: 'zoe', seen: 1 } } }).catch(error => {
          expect(error).toMatchObject({ name: 'CacheError', code: 'NOTHING_CACHED' })
        })
      if (round !== 2) await cache.store(state)
      expect((await openApp(store).load())?.state).toStrictEqual(state)
      if (process.platform !== 'win32') expect((fs.statSync(dir).mode & 0o777).toString(8)).toBe('700')
      await expectTidy(store, `round ${round}`)
    }
    // The lock went with the directory, and is held on the new one.
    await expect(FileStore.open(dir)).rejects.toMatchObject({ code: 'LOCKED' })
    await store.close()
  })

  it('FileStore, in the middle of a store, or emptied: old, new or nothing, and the next one is whole', async () => {
    for (let ms = 0; ms < 12; ms++) {
      const dir = join(scratch(), 'store')
      const store = await FileStore.open(dir)
      const cache = openApp(store)
      await cache.store(makeState(1, 60))
      const storing = cache.store(makeState(2, 60)).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'CacheError' })
      })
      await new Promise(resolve => setTimeout(resolve, ms / 2))
      // Gone as a whole, or emptied file by file.
      if (ms % 2 === 0) fs.renameSync(dir, `${dir}-away`)
      else for (const name of fs.readdirSync(dir)) fs.rmSync(join(dir, name), { force: true })
      await storing
      const found = (await openApp(store).load())?.state
      if (found !== undefined) expect([makeState(1, 60), makeState(2, 60)]).toContainEqual(found)
      await cache.store(makeState(3, 60))
      expect((await openApp(store).load())?.state).toStrictEqual(makeState(3, 60))
      await store.close()
    }
  })

  it('LevelStore: LevelDB goes on in memory, the next process finds nothing, and nothing mixed', async () => {
    const dir = join(scratch(), 'db')
    const store = await LevelStore.open(dir)
    const cache = openApp(store)
    await cache.store(makeState(1))
    fs.rmSync(dir, { recursive: true })
    await cache.store(makeState(2))
    expect((await cache.load())?.state).toStrictEqual(makeState(2))
    await store.close().catch(error => expect(error).toMatchObject({ name: 'CacheError' }))
    const again = await LevelStore.open(dir)
    expect(await openApp(again).load()).toBeUndefined()
    await openApp(again).store(makeState(3))
    expect((await openApp(again).load())?.state).toStrictEqual(makeState(3))
    await again.close()
  })
})
