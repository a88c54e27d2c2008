import fs from 'node:fs'
import { digest } from '../../bytes/digest.ts'
import { toHex } from '../../bytes/hex.ts'
import { utf8Encode } from '../../bytes/utf8.ts'
import { systemCode } from '../../store/file-error.ts'
import { processStat } from '../../store/process-stat.ts'

const pattern = /^([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]{12})$/
let own: string | undefined
let boot: string | undefined

/**
 * What names this process in file names: its number, when it was started (in ticks since the machine was, so that a
 * number that is used again is told apart), and where that number is valid (one start of one machine, one container).
 */
export function processToken(): string {
  own ??= `${process.pid.toString(16)}-${(processStat(process.pid)?.startTicks ?? 0).toString(16)}-${space()}`
  return own
}

/** Of the running system; another one after every start of the machine, where that can be told (Linux). */
export function bootId(): string {
  boot ??= textOf('/proc/sys/kernel/random/boot_id') ?? 'unknown'
  return boot
}

/** Whether the process of `token` runs; `undefined` where that cannot be told: it is of another container or machine. */
export function isRunning(token: string): boolean | undefined {
  const [, pid = '', start = '', where] = pattern.exec(token) ?? []
  if (token === processToken()) return true
  if (where !== space()) return undefined
  const found = processStat(Number.parseInt(pid, 16))
  if (found !== undefined) return !found.isZombie && found.startTicks.toString(16) === start
  return answers(Number.parseInt(pid, 16)) ? undefined : false
}

// Numbers of processes mean something within one container of one machine only.
function space(): string {
  let namespace = ''
  try {
    namespace = fs.readlinkSync('/proc/self/ns/pid')
  } catch {}
  return toHex(digest(utf8Encode(`${process.platform} ${bootId()} ${namespace}`))).slice(0, 12)
}

// Whether the system knows a process of that number, which is all there is without `/proc`.
function answers(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}

function textOf(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'latin1').trim()
  } catch {
    return undefined
  }
}
