/// <reference types="node" />
import { readFileSync } from 'node:fs'

/** The version of the package that this file is in; `unknown` where it was taken out of it. */
export function cliVersion(): string {
  // How many folders up depends on how it was built.
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const found = versionIn(folder)
    if (found !== undefined) return found
    if (folder.pathname === new URL('..', folder).pathname) return 'unknown'
  }
}

function versionIn(folder: URL): string | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
    const { name, version } = parsed as { name?: unknown; version?: unknown }
    return name === 'coldsnap' && typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}
