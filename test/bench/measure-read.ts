import type { JobName, ModuleContender, Opened } from './contender.ts'
import { peakBytes, startPeak } from './memory.ts'

/** What one read job measured, and the value it read. */
export interface Read {
  readonly figures: Readonly<Record<string, number>>
  readonly value: unknown
}

/** Times a read from before the first import of the contender to the value in hand. */
export async function measureRead(
  contender: ModuleContender,
  job: Exclude<JobName, 'store'>,
  directory: string,
  peerId: string,
): Promise<Read> {
  // The contender's own file; what it brings in is measured.
  const { open } = await contender.import()
  const before = startPeak()
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const opened = await open(directory, contender)
  const value = await read(opened, job, peerId)
  const end = performance.now()
  const cpu = process.cpuUsage(cpuBefore)
  const peak = peakBytes() - before
  const resident = process.memoryUsage.rss() - before
  await opened.close()
  const figures = { [job]: end - start, [`${job}Cpu`]: (cpu.user + cpu.system) / 1000 }
  return {
    figures: job === 'load' ? { ...figures, loadPeak: peak, loadResident: resident } : figures,
    value,
  }
}

async function read(opened: Opened, job: Exclude<JobName, 'store'>, peerId: string): Promise<unknown> {
  switch (job) {
    case 'load':
      return await opened.load()
    case 'first':
      return await opened.first()
    case 'small':
      return await opened.small()
    case 'element':
      return await opened.element(peerId)
  }
}
