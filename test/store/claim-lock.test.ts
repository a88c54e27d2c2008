import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { claimDirectory } from '../../src/store/claim-lock.ts'
import { lockDirectory } from '../../src/store/dir-lock.ts'
import type { LockTarget } from '../../src/store/lock-target.ts'
import { messageOfWorker } from './child.ts'

const isLinux = process.platform === 'linux'
const us = process.geteuid?.() ?? 0
const refused = new Error('refused')
const refuse = (): Error => refused
const folder = isLinux ? `/dev/shm/coldsnap-${us}-${fs.readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}` : ''
let made = 0

// Lets the look at what a process has open fail, as it does for a user who looks at a process of root.
function hideFiles(pid: number, code: string): void {
  const { readdirSync } = fs
  const spy = vi.spyOn(fs, 'readdirSync').mockImplementation(((path: string) => {
    if (path === `/proc/${pid}/fd`) throw Object.assign(new Error(code), { code })
    return readdirSync(path)
  }) as typeof fs.readdirSync)
  onTestFinished(() => spy.mockRestore())
}

// No directory has such a device, so nothing else on the machine claims it.
const target = (): LockTarget => ({ directory: '/x', identity: `test-${process.pid}-${made++}`, ownerId: us })
const claimsOf = ({ identity }: LockTarget): string[] =>
  fs.readdirSync(folder).filter(name => name.startsWith(`${identity}.`))

describe.runIf(isLinux)('the claim on a directory', () => {
  afterEach(() => {
    expect(fs.readdirSync(folder).filter(name => name.startsWith(`test-${process.pid}-`))).toEqual([])
  })

  it('refuses a second one, and is free again after release', async () => {
    const one = target()
    const lock = await claimDirectory(one, refuse)
    await expect(claimDirectory(one, refuse)).rejects.toBe(refused)
    await (await claimDirectory(target(), refuse))!.release()
    await lock!.release()
    await lock!.release()
    await (await claimDirectory(one, refuse))!.release()
  })

  it('goes to exactly one of many that come at once', async () => {
    for (let round = 0; round < 20; round++) {
      const one = target()
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => claimDirectory(one, refuse)))
      const locks = results.flatMap(result => (result.status === 'fulfilled' ? [result.value!] : []))
      expect(locks).toHaveLength(1)
      await locks[0]!.release()
    }
  })

  it('of a process that is gone, or whose number another has by now, does not count and is removed', async () => {
    const one = target()
    fs.writeFileSync(join(folder, `${one.identity}.0000000000000001.4194305`), '')
    fs.writeFileSync(join(folder, `${one.identity}.0000000000000002.${process.pid}`), '')
    const lock = await claimDirectory(one, refuse)
    expect(claimsOf(one)).toHaveLength(1)
    await lock!.release()
  })

  it.each(['EACCES', 'EMFILE', 'ENOTCONN'])('of a process that cannot be looked at counts: %s', async code => {
    const one = target()
    const lock = await claimDirectory(one, refuse)
    hideFiles(process.pid, code)
    await expect(claimDirectory(one, refuse)).rejects.toBe(refused)
    vi.restoreAllMocks()
    await lock!.release()
  })

  it('of a dead process that its parent has not waited for does not count, although it hides its files', async () => {
    // The shell leaves its child to a program that never waits for one; it must have become that before the child ends.
    const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line]: unknown[] = await once(parent.stdout, 'data')
    const pid = Number(String(line))
    await vi.waitFor(() => expect(fs.readFileSync(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) Z /), 20_000)
    const one = target()
    fs.writeFileSync(join(folder, `${one.identity}.0000000000000001.${pid}`), '')
    hideFiles(pid, 'EACCES')
    const lock = await claimDirectory(one, refuse)
    expect(claimsOf(one)).toHaveLength(1)
    await lock!.release()
  })

  it('ends with the worker thread that holds it', async () => {
    const one = target()
    const message = await messageOfWorker(`
      import { parentPort } from 'node:worker_threads'
      import { claimDirectory } from './src/store/claim-lock.js'
      await claimDirectory(${JSON.stringify(one)}, () => new Error('refused'))
      parentPort.postMessage('held')
    `)
    expect(message).toBe('held')
    await (await claimDirectory(one, refuse))!.release()
  })

  it('gives way to a socket where the folder does not belong to the owner of the directory', async () => {
    const foreign = { ...target(), ownerId: 4_000_000_001 }
    const path = folder.replace(`-${us}-`, `-${foreign.ownerId}-`)
    fs.mkdirSync(path, { mode: 0o700 })
    try {
      expect(await claimDirectory(foreign, refuse)).toBeUndefined()
      const lock = await lockDirectory(foreign, 'linux')
      await expect(lockDirectory(foreign, 'linux')).rejects.toMatchObject({ code: 'LOCKED' })
      await lock.release()
      await (await lockDirectory(foreign, 'linux')).release()
    } finally {
      fs.rmdirSync(path)
    }
  })
})
