import fs from 'node:fs'
import { changePeers, type NetmapState } from '../helpers/netmap-state.ts'
import type { Figures, How, ModuleContender, Opened } from './contender.ts'
import { diskBytes } from './disk-bytes.ts'
import { peakBytes, startPeak } from './memory.ts'
import { median } from './statistics.ts'

// Whoever is slower than this rewrites everything: fewer repetitions tell as much.
const slowMs = 10
const repetitions = 7
const slowRepetitions = 3
const steadyCalls = 200
const steadyCallsOfCheck = 5

/** Times stores into an empty directory: the first, the same state again, one peer changed. The import is not in it. */
export async function measureStore(
  contender: ModuleContender,
  directory: string,
  stateFile: string,
  how: How = '',
): Promise<Figures> {
  let state = JSON.parse(fs.readFileSync(stateFile, 'utf8')) as NetmapState
  const { open, imports } = await contender.import()
  await imports?.()
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
  if (how === 'once') {
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
  const steady =
    changed < slowMs ? await timeMany(opened, change, how === 'check' ? steadyCallsOfCheck : steadyCalls) : changed
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

async function timeMany(opened: Opened, next: () => NetmapState, calls: number): Promise<number> {
  for (let i = 0; i < calls; i++) await opened.store(next())
  const times: number[] = []
  for (let i = 0; i < calls; i++) times.push(await time(opened, next()))
  return median(times)
}

async function time(opened: Opened, state: NetmapState): Promise<number> {
  const start = performance.now()
  await opened.store(state)
  return performance.now() - start
}
