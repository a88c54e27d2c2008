// Writes the report of public types, the API reference and the sizes anew. What changed is then seen in the diff.
import { spawnSync } from 'node:child_process'

const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', 'test/api']
const env = { ...process.env, COLDSNAP_WRITE_FIXTURES: '1' }
process.exitCode = spawnSync(process.execPath, vitest, { env, stdio: 'inherit' }).status ?? 1
