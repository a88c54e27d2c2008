import { createRequire } from 'node:module'

// From where this file is compiled to.
const require = createRequire(new URL('../../../../test/bench/package.json', import.meta.url))

/**
 * A native add-on of `test/bench/package.json`, which `npm run bench` installs for itself: it may have to be compiled, and
 * a clone is to be tested without a compiler. `Module` is what the caller needs of it. Throws if it is not there.
 */
export function nativeModule<Module>(name: string): Module {
  return require(name) as Module
}
