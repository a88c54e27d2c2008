/// <reference types="node" />
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type AesGcmKey, aesGcm, type SealedCodec } from '../snapshot/aes-gcm.ts'
import { fileError } from '../store/file-error.ts'
import { type CliCall, textOption } from './cli-command.ts'
import { wrongUsage } from './cli-failure.ts'

/** The codec of the keys that `--key-file` names; `undefined` without the option. */
export async function keyRing(call: CliCall): Promise<SealedCodec | undefined> {
  const file = textOption(call, 'keyFile')
  if (file === undefined) return undefined
  const path = resolve(call.io.cwd, file)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, `Cannot read key file ${path}`)
  })
  if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
    await call.io.stderr.write('coldsnap: the key file can be read by other users\n')
  }
  // A snapshot that is not sealed may stand beside one that is.
  return aesGcm('auto', keysOf(text), { acceptPlain: true })
}

// No part of the file gets into a message.
function keysOf(text: string): AesGcmKey[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return wrongUsage('The key file is not JSON')
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return wrongUsage('The key file must hold an array of keys')
  const keys = parsed.map((each: unknown, i): AesGcmKey => {
    const { id, key } = (each ?? {}) as { id?: unknown; key?: unknown }
    if (typeof id !== 'string' || typeof key !== 'string') return wrongUsage(`Key ${i + 1} has no id or no key`)
    const bytes = new Uint8Array(Buffer.from(key, 'base64'))
    if (id === '' || Buffer.byteLength(id) > 255) return wrongUsage(`The id of key ${i + 1} must be 1 to 255 bytes`)
    if (![16, 24, 32].includes(bytes.byteLength)) return wrongUsage(`Key ${i + 1} must be 16, 24 or 32 bytes of base64`)
    return { id, key: bytes }
  })
  if (new Set(keys.map(key => key.id)).size < keys.length) return wrongUsage('Two keys have one id')
  return keys
}
