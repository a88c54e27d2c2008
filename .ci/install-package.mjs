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
    // Without questions; sudo hands on no variable but those in its command. A fresh machine may be updating itself.
    const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args]
    const [command, ...rest] = isRoot ? apt : ['sudo', '-n', ...apt]
    const options = { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], timeout: 600_000 }
    const { status, stderr, error } = spawnSync(command, rest, options)
    return status === 0 ? undefined : `apt-get ${args[0]} failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`
  }
  const packages = ['-y', '--no-install-recommends', name]
  return aptGet('install', ...packages) === undefined ? undefined : (aptGet('update') ?? aptGet('install', ...packages))
}
