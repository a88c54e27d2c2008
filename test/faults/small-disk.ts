import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { scratch } from '../store/scratch.ts'

/** A disk of a few hundred KiB in memory. */
export interface SmallDisk {
  readonly dir: string
  /** Fills it until about `bytes` are left. */
  fill(bytes: number): void
  /** Takes the filling away. */
  empty(): void
  /** Allows or forbids all writing, as `mount -o remount` does. */
  remount(mode: 'ro' | 'rw'): void
}

let reason: string | undefined | null = null

/** Why this machine mounts no disk for tests; `undefined` if it does. Printed, because tests are left out. */
export function noMounts(): string | undefined {
  if (reason !== null) return reason
  if (process.platform !== 'linux') reason = `there is no tmpfs on ${process.platform}`
  else if (process.geteuid?.() !== 0) reason = 'mounting needs root'
  else {
    const dir = fs.mkdtempSync('/tmp/coldsnap-mount-')
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'pipe' })
      execFileSync('umount', [dir])
      reason = undefined
    } catch (error) {
      reason = `mount failed: ${String(error).split('\n')[0]}`
    }
    fs.rmdirSync(dir)
  }
  if (reason !== undefined)
    console.log(`Tests on a real small disk are left out: ${reason}. The fault layer stands in.`)
  return reason
}

/** Mounts a disk that is taken away when the test ends. */
export function mountSmallDisk(kib: number): SmallDisk {
  const dir = join(scratch(), 'disk')
  fs.mkdirSync(dir)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', dir])
  onTestFinished(() => void execFileSync('umount', ['-l', dir]))
  const ballast = join(dir, 'ballast')
  const empty = (): void => fs.rmSync(ballast, { force: true })
  return {
    dir,
    empty,
    fill(bytes) {
      empty()
      const { bavail, bsize } = fs.statfsSync(dir)
      fs.writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - bytes)))
    },
    remount: mode => void execFileSync('mount', ['-o', `remount,${mode}`, dir]),
  }
}
