import os from 'node:os'

/** When and on what it was measured: the class of the machine only, nothing that names it. */
export function renderMachine(rounds: number): string {
  const date = new Date().toISOString().slice(0, 10)
  const kernel = /^\d+\.\d+/.exec(os.release())?.[0] ?? ''
  const machine = `${os.cpus().length} cores (${process.arch}), ${os.type()} ${kernel}, Node ${process.versions.node}`
  return `Measured ${date}: ${machine}; medians of ${rounds} rounds.`
}
