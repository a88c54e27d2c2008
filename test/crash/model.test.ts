import { describe, expect, it } from 'vitest'
import type { OpenStore } from '../../src/contract/index.ts'
import { type FileSystem, openFlags } from '../../src/store/file-io.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { runContract } from '../contract/run-contract.ts'
import { useSmallLimits } from '../snapshot/small-limits.ts'
import { breakProtocol, runCampaign } from './campaign.ts'
import { DiskReplay } from './disk-replay.ts'
import { FileMedium } from './file-medium.ts'
import { handLives } from './lives.ts'
import type { CrashModel } from './medium.ts'
import { type DiskFiles, diskPath, ModelDisk } from './model-disk.ts'
import { Random } from './random.ts'
import { runLife } from './run-life.ts'
import { seededLives } from './seeded-lives.ts'
import { picks } from './survives.ts'
import { describeFailure, Tally } from './tally.ts'

useSmallLimits()

const fileStoreOnModel: OpenStore = async () => {
  const { system: io } = new ModelDisk(undefined, new Random(1))
  const next = (): Promise<FileStore> => FileStore.open(diskPath, { lock: false, io })
  return { store: await next(), crash: next }
}
runContract('FileStore on the disk of the machine', fileStoreOnModel, { maxValueBytes: 100_000, runs: 10 })

const path = (name: string): string => `${diskPath}/${name}`

async function write({ pooled }: FileSystem, name: string, text: string, isSynced: boolean): Promise<void> {
  const fd = await pooled.open(path(name), openFlags.create, 0o600)
  await pooled.write(fd, new TextEncoder().encode(text), 0, text.length)
  if (isSynced) await pooled.fsync(fd)
  await pooled.close(fd)
}

async function syncDirectory({ pooled }: FileSystem, directory: string): Promise<void> {
  const fd = await pooled.open(directory, openFlags.directory, 0)
  await pooled.fsync(fd)
  await pooled.close(fd)
}

/** All that a crash after everything can leave, as `name=text` lists, by model. */
function endings(disk: ModelDisk, base: DiskFiles, isDurable = true): Record<CrashModel, Set<string>> {
  const found: Record<CrashModel, Set<string>> = { killed: new Set(), ordered: new Set(), weak: new Set() }
  const decoder = new TextDecoder()
  let files: DiskFiles
  const replay = new DiskReplay(base, disk.log, { isDurable }, (left, random) => {
    files = left
    return new FileMedium('power', random, left)
  })
  const random = new Random(7)
  for (const { model, image } of replay.at(disk.log.length, random, 400)) {
    image.boot(random)
    const names =
      files === undefined ? ['nothing'] : [...files].map(([name, bytes]) => `${name}=${decoder.decode(bytes)}`)
    found[model].add(names.sort().join(' ').replaceAll('\0', '0'))
  }
  return found
}

describe('the models of a crash', () => {
  const base: DiskFiles = new Map([['a', new TextEncoder().encode('old!')]])

  it('killed keeps everything; ordered ends at any operation since the last flush; weak loses any of it', async () => {
    const disk = new ModelDisk(base)
    await write(disk.system, 'b', 'new!', false)
    await disk.system.pooled.rename(path('b'), path('a'))
    const { killed, ordered, weak } = endings(disk, base)
    expect([...killed]).toEqual(['a=new!'])
    expect([...ordered].sort()).toEqual(['a=new!', 'a=old!', 'a=old! b=', 'a=old! b=new!'])
    // The rename without the data, either half of the rename alone, the data in parts.
    for (const one of ['a=', 'a=0000', 'a=ne', 'a=ne00', 'a=new!', 'a=old!', 'a=old! b=ne', 'a=new! b=new!']) {
      expect([...weak], one).toContain(one)
    }
    expect([...weak].filter(one => !one.startsWith('a='))).toEqual([])
  })

  it('a flush of the file keeps its data and not its name; one of the directory the name and not the data', async () => {
    const file = new ModelDisk(base)
    await write(file.system, 'b', 'new!', true)
    expect([...endings(file, base).weak].sort()).toEqual(['a=old!', 'a=old! b=new!'])
    expect([...endings(file, base).ordered]).toEqual(['a=old! b=new!'])
    const directory = new ModelDisk(base)
    await write(directory.system, 'b', 'new!', false)
    await syncDirectory(directory.system, diskPath)
    const left = [...endings(directory, base).weak]
    expect(left).toContain('a=old! b=')
    expect(left.filter(one => !one.startsWith('a=old! b='))).toEqual([])
  })

  it('both flushes keep both, and a directory is there once its parent was flushed', async () => {
    const disk = new ModelDisk(undefined)
    await disk.system.pooled.mkdir(diskPath, 0o700)
    await write(disk.system, 'b', 'new!', true)
    await syncDirectory(disk.system, diskPath)
    expect([...endings(disk, undefined).weak].sort()).toEqual(['b=new!', 'nothing'])
    await syncDirectory(disk.system, '/')
    expect([...endings(disk, undefined).weak]).toEqual(['b=new!'])
  })

  it('what was promised nothing can end anywhere', async () => {
    const disk = new ModelDisk(base)
    await disk.system.pooled.unlink(path('a'))
    await syncDirectory(disk.system, diskPath)
    await write(disk.system, 'b', 'new!', false)
    expect([...endings(disk, base, true).ordered]).not.toContain('a=old!')
    expect([...endings(disk, base, false).ordered]).not.toContain('a=old!')
  })
})

describe('the machine', () => {
  it('crashes a life in the same ways whenever it is given the same seed, and in others with another', async () => {
    const lives = [handLives[0]!, ...seededLives.slice(0, 3)]
    const figures = async (seed: number): Promise<unknown[]> => {
      const found: unknown[] = []
      for (const life of lives) {
        const tally = new Tally()
        await runLife(life, tally, { seed, picks: 2 })
        found.push(tally.states, tally.images)
      }
      return found
    }
    const first = await figures(11)
    expect(await figures(11)).toEqual(first)
    expect(await figures(12)).not.toEqual(first)
  })

  it('says how to see a failure again, and shows it then', async () => {
    const [life] = handLives
    const broken = { title: 'forgets', store: (store: Awaited<ReturnType<FileMedium['open']>>) => store }
    const system = (inner: FileSystem): FileSystem => {
      return { ...inner, pooled: { ...inner.pooled, fsync: () => undefined } }
    }
    const protocol = { ...broken, system }
    const tally = new Tally()
    await runLife(life!, tally, { seed: 5, picks, protocol })
    const [failure] = tally.failures
    expect(describeFailure(failure!)).toContain(`--life '${life!.title}' --seed 5 --state ${failure!.number}`)
    const again = new Tally()
    const lines: string[] = []
    const explain = (line: string): void => void lines.push(line)
    await runLife(life!, again, { seed: 5, picks, protocol, only: failure!.number, explain })
    const { number, model, faults } = failure!
    expect(again.failures).toMatchObject([{ number, model, faults }])
    expect(lines[0]).toContain(`${failure!.model} after`)
    expect(lines.some(line => line.startsWith('  loaded: '))).toBe(true)
  })

  it('goes on until it has as many crashes as it was asked for', async () => {
    const [life] = handLives
    const { total, rounds, tallies } = await runCampaign([life!], runLife, { seed: 1, picks: 1, states: 1500 })
    expect(total.total).toBeGreaterThanOrEqual(1500)
    expect(rounds).toBeGreaterThan(1)
    expect(tallies.get(life!.title)?.total).toBe(total.total)
    await expect(
      breakProtocol({ title: '', lives: ['no such life'], store: one => one }, { seed: 1, picks }),
    ).rejects.toThrow('No life')
  })
})
