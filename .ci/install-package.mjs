import { spawnSync } from 'node:child_process'

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0

/**
 * Installs the package of the system that has `program`, where it is missing and we may; else says that `leftOut` is
 * left out, and why. Fails in neither case: the tests that need it say so too.
 */
export function installPackage(name, { program = name, leftOut }) {
  if (succeeds(program, '--version')) return
  const problem = install(name)
  if (problem === undefined && succeeds(program, '--version')) return
  const why = problem ?? 'it was installed, but is not on the PATH'
  console.error(`${name} is missing, and ${leftOut}: ${why}`)
}

// Gives why it could not be installed.
function install(name) {
  if (!succeeds('apt-get', '--version')) return 'there is no apt-get to install it with'
  const isRoot = process.getuid?.() === 0
  if (!isRoot && !succeeds('sudo', '-n', 'true')) return 'only root may install it'
  const aptGet = (...args) => {
    const [command, ...rest] = isRoot ? ['apt-get', ...args] : ['sudo', '-n', 'apt-get', ...args]
    // Without questions.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const { status, stderr } = spawnSync(command, rest, { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
    return status === 0 ? undefined : `apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`
  }
  const packages = ['-y', '--no-install-recommends', name]
  return aptGet('install', ...packages) === undefined ? undefined : (aptGet('update') ?? aptGet('install', ...packages))
}
