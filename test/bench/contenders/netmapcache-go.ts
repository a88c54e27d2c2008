import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Figures, RunJob } from '../contender.ts'
import { diskBytes } from '../disk-bytes.ts'

const run = promisify(execFile)

/**
 * Tailscale's own netmapcache in its own language; it times itself, from the first line of the program's work, with the
 * state in memory. Rejects without `go`, or if its modules cannot be had.
 */
export async function build(root: string, directory: string): Promise<RunJob> {
  const sources = join(root, 'test/interop/netmapcache')
  const program = join(directory, 'netmapcache-go')
  try {
    await run('go', ['build', '-o', program, '.'], { cwd: sources })
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    throw new Error(code === 'ENOENT' ? 'no `go` on the PATH' : `go build failed: ${stderr?.trim().split('\n').at(-1)}`)
  }
  return async (job, target, stateFile, how) => {
    const parameters = job === 'load' ? ['bench-load', target] : ['bench-store', target, stateFile, how]
    const { stdout } = await run(program, parameters)
    const figures = JSON.parse(stdout) as Figures
    if (job === 'load') return figures
    const { size, allocated } = diskBytes(target)
    return { ...figures, disk: size, allocated }
  }
}
