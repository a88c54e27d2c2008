import { createRequire } from 'node:module'
import { join } from 'node:path'

/** A package of `test/bench/synced/package.json`, which `npm run bench:synced` installs for itself. Throws if it is not there. */
export function requireContender<Module>(name: string): Module {
  return createRequire(join(process.cwd(), 'test/bench/synced/package.json'))(name) as Module
}
