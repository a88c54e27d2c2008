import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Makes one JavaScript file of a module of this repository, or of one elsewhere, for a process of its own. Gives its path. */
export async function bundle(module: string): Promise<string> {
  const dir = fs.mkdtempSync(join(tmpdir(), 'coldsnap-bundle-'))
  const build = await rolldown({
    input: resolve(root, module),
    platform: 'node',
    external: ['level'],
    logLevel: 'silent',
    // Examples import the package by its name.
    resolve: {
      alias: {
        coldsnap$: join(root, 'src/index.ts'),
        'coldsnap/synced$': join(root, 'src/synced/index.ts'),
        'coldsnap/group/node$': join(root, 'src/group/node/index.ts'),
      },
    },
  })
  await build.write({ dir, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' })
  await build.close()
  fs.symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'), 'junction')
  return join(dir, basename(module).replace(/\.ts$/, '.mjs'))
}
