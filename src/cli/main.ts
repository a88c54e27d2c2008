/// <reference types="node" />
import { BrokenPipe, type CliOutput } from './cli-io.ts'
import { run } from './run.ts'

// The thin shell around `run`: the process it runs in.

const interrupted = new AbortController()
// Once: who presses it again does not want to wait.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error(name)))

process.exitCode = await run(process.argv.slice(2), {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  stdin: process.stdin,
  cwd: process.cwd(),
  env: process.env,
  signal: interrupted.signal,
  now: Date.now,
})
// An input that nobody waits for any more must not keep the process.
process.stdin.destroy()

function outputOf(stream: NodeJS.WriteStream): CliOutput {
  // Told to the write that it belongs to; without a listener it would end the process.
  stream.on('error', () => undefined)
  return {
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
    write: chunk =>
      new Promise((resolve, reject) => {
        stream.write(chunk, error => {
          if (error === null || error === undefined) resolve()
          else if ('code' in error && error.code === 'EPIPE') reject(new BrokenPipe())
          else reject(error)
        })
      }),
  }
}
