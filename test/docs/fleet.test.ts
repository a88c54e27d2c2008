import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { bundle } from '../helpers/bundle.ts'
import { freePort } from '../helpers/redis-server.ts'
import { programsThatNeed } from './page-program.ts'

const running: Program[] = []
afterEach(async () => {
  for (const program of running.splice(0)) await program.kill()
})

/** A program in a process of its own, with what it has printed. */
class Program {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  readonly lines: string[] = []
  #hasEnded = false
  #onLine: () => void = () => undefined

  constructor(file: string, argument: string) {
    this.#child = spawn(process.execPath, [file, argument], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#exit = once(this.#child, 'exit').then(() => {
      this.#hasEnded = true
      this.#onLine()
    })
    this.#child.stdout?.on('data', (text: Buffer) => {
      this.lines.push(...text.toString().trim().split('\n'))
      this.#onLine()
    })
    running.push(this)
  }

  /** Waits until something that it prints from now on, or from the line `from` on, is `wanted`. */
  async until(wanted: string, from = 0): Promise<void> {
    while (!this.lines.slice(from).includes(wanted)) {
      if (this.#hasEnded) throw new Error(`It ended after it had printed ${this.lines}`)
      await new Promise<void>(resolve => {
        this.#onLine = resolve
      })
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }
}

it('the program of docs/group.md runs in three processes, of which one may go', { timeout: 120_000 }, async () => {
  const [block, ...more] = programsThatNeed('three processes')
  expect(more).toEqual([])
  let { code } = block!
  const ports = [`${await freePort()}`, `${await freePort()}`, `${await freePort()}`]
  for (const [i, port] of ports.entries()) {
    expect(code).toContain(`127.0.0.1:${8081 + i}`)
    code = code.replaceAll(`127.0.0.1:${8081 + i}`, `127.0.0.1:${port}`)
  }
  const dir = fs.mkdtempSync(join(tmpdir(), 'coldsnap-docs-fleet-'))
  fs.writeFileSync(join(dir, 'fleet.ts'), code)
  const file = await bundle(join(dir, 'fleet.ts'))
  fs.rmSync(dir, { recursive: true })

  const nodes = ports.map(port => new Program(file, port))
  await Promise.all(nodes.map(node => node.until('user alice')))
  const owner = nodes.find((node, i) => node.lines.includes(`127.0.0.1:${ports[i]} loads alice`))
  expect(owner).toBeDefined()
  await owner?.kill()
  const others = nodes.filter(node => node !== owner)
  await Promise.all(others.map(async node => await node.until('user alice', node.lines.length)))
})
