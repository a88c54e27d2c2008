import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from 'redis'
import { expect, it } from 'vitest'
import { describeRedis, serverOfTests } from '../helpers/describe-redis.ts'
import { scratch } from '../store/scratch.ts'
import { type CliRun, reportOf, runCli } from './cli-run.ts'

interface Measured {
  readonly medianMs: number
  readonly ratio: number
  readonly samplesMs: readonly number[]
}
type Result = Readonly<Record<'coldStore' | 'oneChanged' | 'load' | 'firstField', Measured>> & {
  readonly store: string
  readonly bytes?: number
}
interface Report {
  readonly directory: string
  readonly rows: number
  readonly results: readonly Result[]
}

const small = ['--rows', '60', '--rounds', '3']

it('measures the stores beside a JSON file, and leaves nothing', async () => {
  const dir = join(scratch(), 'a', 'b')
  const { results, ...report } = await reportOf<Report>(['bench', dir, ...small])
  expect(report).toMatchObject({ directory: dir, rows: 60, rounds: 3 })
  expect(results.map(({ store }) => store)).toEqual(['json', 'file', 'level'])
  for (const result of results) {
    expect(result.bytes).toBeGreaterThan(500)
    for (const figure of ['coldStore', 'oneChanged', 'load', 'firstField'] as const) {
      const { medianMs, ratio, samplesMs } = result[figure]
      expect(samplesMs.toSorted((a, b) => a - b)[1]).toBe(medianMs)
      expect(samplesMs.every(ms => ms > 0)).toBe(true)
      expect(ratio).toBe(medianMs / results[0]![figure].medianMs)
    }
  }
  expect(existsSync(dir)).toBe(false)
})

it('takes an empty directory, or makes one, and shows a table', async () => {
  const dir = scratch()
  const { code, stdout } = await runCli(['bench', dir, ...small])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^60 rows, medians of 3 rounds, in /)
  expect(stdout).toMatch(
    /COLD STORE +ONE CHANGED +LOAD +FIRST FIELD +SIZE\n(?:(?:json|file|level)( +[\d.]+ ms +\([\d.]+x\)){4}.*\n){3}/,
  )
  expect(readdirSync(dir)).toEqual([])
  const { directory } = await reportOf<Report>(['bench', ...small])
  expect(existsSync(directory)).toBe(false)
})

it('refuses a directory that is not empty, and leaves it alone', async () => {
  const dir = scratch()
  mkdirSync(join(dir, 'json'))
  writeFileSync(join(dir, 'json', 'mine'), '')
  const { code, stderr } = await runCli(['bench', dir, ...small])
  expect([code, stderr]).toEqual([9, expect.stringContaining('the directory is not empty (ALREADY_EXISTS)')])
  expect(existsSync(join(dir, 'json', 'mine'))).toBe(true)
  expect((await runCli(['bench', join(dir, 'json', 'mine')])).code).toBe(3)
})

it.each([
  ['--rows', '0'],
  ['--rounds', 'many'],
  ['--redis', 'redis://localhost'],
])('%s %s is wrong usage', async (...argv) => {
  expect((await runCli(['bench', ...argv])).code).toBe(2)
})

/** Runs it on a terminal that interrupts it once the bar shows a `subject`. */
async function interruptedAt(dir: string, subject: string, ...argv: string[]): Promise<CliRun> {
  const stopping = new AbortController()
  let nowMs = 0
  return await runCli(['bench', dir, ...small, ...argv], {
    isTTY: true,
    signal: stopping.signal,
    now: () => (nowMs += 1000),
    onError: text => {
      if (text.includes(` ${subject}`)) stopping.abort(new Error('SIGINT'))
    },
  })
}

it('leaves nothing if it is interrupted', async () => {
  const dir = join(scratch(), 'new')
  expect((await interruptedAt(dir, 'level')).code).toBe(130)
  expect(existsSync(dir)).toBe(false)
})

describeRedis('bench on Redis', () => {
  const server = serverOfTests()

  it('measures it, leaves nothing there, and refuses where keys are', async () => {
    const address = `${server().url}/0?prefix=bench:`
    const { results } = await reportOf<Report>(['bench', scratch(), ...small, '--redis', address])
    expect(results.map(({ store }) => store)).toEqual(['json', 'file', 'level', 'redis'])
    const client = await createClient({ url: server().url }).connect()
    try {
      expect(await client.keys('*')).toEqual([])
      expect((await interruptedAt(scratch(), 'redis', '--redis', address)).code).toBe(130)
      expect(await client.keys('*')).toEqual([])
      await client.set('bench:mine', 'kept')
      expect((await runCli(['bench', scratch(), ...small, '--redis', address])).code).toBe(9)
      expect(await client.get('bench:mine')).toBe('kept')
    } finally {
      client.destroy()
    }
  })
})
