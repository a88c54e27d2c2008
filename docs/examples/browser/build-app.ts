import { createHash } from 'node:crypto'
import { build, type InlineConfig, mergeConfig, type Plugin } from 'vite'

/** Builds the page in `root` (this directory) into `outDir`. `more` is laid over the configuration. */
export async function buildApp(root: string, outDir: string, more: InlineConfig = {}): Promise<void> {
  const config: InlineConfig = {
    root,
    configFile: false,
    base: './',
    logLevel: 'warn',
    plugins: [listFiles()],
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // Nothing inline: the server's content security policy allows files of its own only.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: [`${root}/index.html`, `${root}/app/service-worker.ts`],
        // A service worker must keep its name, or browsers would never find the next one.
        output: { entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js') },
      },
    },
  }
  await build(mergeConfig(config, more))
}

/** Tells the service worker which files the page is made of. */
function listFiles(): Plugin {
  return {
    name: 'list-files',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['service-worker.js']
      if (worker?.type !== 'chunk') throw new Error('The service worker is not in the bundle')
      const files = Object.values(bundle).filter(file => file !== worker)
      const hash = createHash('sha256')
      for (const file of files) hash.update(file.type === 'chunk' ? file.code : file.source)
      const version = hash.digest('hex').slice(0, 16)
      worker.code = worker.code.replace('pageFiles', JSON.stringify([version, ...files.map(file => file.fileName)]))
    },
  }
}
