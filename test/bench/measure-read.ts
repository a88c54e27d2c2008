import type { Contender } from './contender.ts'
import { peakBytes, startPeak } from './memory.ts'

/** What one read job measured, and the value it read. */
export interface Read {
  readonly figures: Readonly<Record<string, number>>
  readonly value: unknown
}

/** Times a read from before the first import of the contender to the value in hand. */
export async function measureRead(contender: Contender, job: string, directory: string, peerId: string): Promise<Read> {
  const before = startPeak()
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const { open } = await contender.import()
  const imported = performance.now()
  const opened = await open(directory, contender)
  const value =
    job === 'load' ? await opened.load() : job === 'first' ? await opened.first() : await opened.element(peerId)
  const end = performance.now()
  const cpu = process.cpuUsage(cpuBefore)
  const peak = peakBytes() - before
  await opened.close()
  const figures = { [job]: end - start, [`${job}Cpu`]: (cpu.user + cpu.system) / 1000 }
  return { figures: job === 'load' ? { ...figures, import: imported - start, loadPeak: peak } : figures, value }
}
