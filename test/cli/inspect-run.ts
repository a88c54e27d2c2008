import { expect, onTestFinished } from 'vitest'
import { run } from '../../src/cli/run.ts'

/** Runs `inspect` until the test ends; gives its URL. */
export async function startInspect(...argv: readonly string[]): Promise<string> {
  const stopping = new AbortController()
  const quiet = { isTTY: false, columns: 80, write: async () => undefined }
  let ended: Promise<number> | undefined
  const url = await new Promise<string>((resolve, reject) => {
    const stdout = { ...quiet, write: async (text: string | Uint8Array) => resolve(String(text).trim()) }
    const stdin = (async function* () {})()
    const { signal } = stopping
    ended = run(['inspect', ...argv], { stdout, stderr: quiet, stdin, cwd: '/', env: {}, signal, now: Date.now })
    ended.then(code => reject(new Error(`Ended with ${code}`)), reject)
  })
  onTestFinished(async () => {
    stopping.abort(new Error('SIGINT'))
    expect(await ended).toBe(0)
  })
  return url
}
