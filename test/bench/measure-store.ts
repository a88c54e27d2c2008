import fs from 'node:fs'
import { join } from 'node:path'
import { changePeers, type NetmapState } from '../helpers/netmap-state.ts'
import type { Contender, Opened } from './contender.ts'
import { peakBytes, startPeak } from './memory.ts'
import { median } from './statistics.ts'

// Whoever is slower than this rewrites everything: fewer repetitions tell as much.
const slowMs = 10
const repetitions = 7
const slowRepetitions = 3
const steadyAfter = 200

/** Times stores into an empty directory: the first, the same state again, one peer changed. The import is not in it. With `once`, the first only. */
export async function measureStore(
  contender: Contender,
  directory: string,
  stateFile: string,
  once: boolean,
): Promise<Record<string, number>> {
  let state = JSON.parse(fs.readFileSync(stateFile, 'utf8')) as NetmapState
  const { open } = await contender.import()
  globalThis.gc?.()
  const before = startPeak()
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const opened = await open(directory, contender)
  await opened.store(state)
  const cold = performance.now() - start
  const cpu = process.cpuUsage(cpuBefore)
  const coldPeak = peakBytes() - before
  const disk = diskBytes(directory)
  const first = { cold, coldCpu: (cpu.user + cpu.system) / 1000, coldPeak, disk: disk.size, allocated: disk.allocated }
  if (once) {
    await opened.close()
    return first
  }
  const unchanged = await repeat(opened, () => state)
  let round = 0
  const change = (): NetmapState => {
    state = changePeers(state, 1, round++, contender.immutable ? 'immutable' : 'inplace').state
    return state
  }
  const changed = await repeat(opened, change)
  const steady = changed < slowMs ? await timeMany(opened, change) : changed
  await opened.close()
  return { ...first, unchanged, changed, steady }
}

// The median of the first calls, as a program makes them that has just started.
async function repeat(opened: Opened, next: () => NetmapState): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < repetitions; i++) {
    if (i >= slowRepetitions && times[0]! > slowMs) break
    times.push(await time(opened, next()))
  }
  return median(times)
}

async function timeMany(opened: Opened, next: () => NetmapState): Promise<number> {
  for (let i = 0; i < steadyAfter; i++) await opened.store(next())
  const times: number[] = []
  for (let i = 0; i < steadyAfter; i++) times.push(await time(opened, next()))
  return median(times)
}

async function time(opened: Opened, state: NetmapState): Promise<number> {
  const start = performance.now()
  await opened.store(state)
  return performance.now() - start
}

function diskBytes(directory: string): { size: number; allocated: number } {
  const total = { size: 0, allocated: 0 }
  for (const name of fs.readdirSync(directory)) {
    const stat = fs.statSync(join(directory, name))
    total.size += stat.size
    // What the file takes on the disk, in units of 512 bytes; Windows does not say.
    total.allocated += stat.blocks === undefined ? stat.size : stat.blocks * 512
  }
  return total
}
