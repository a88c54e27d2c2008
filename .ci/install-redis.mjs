// The tests on a real Redis need redis-server. Where it is missing, and the system has a package that we may install,
// it is installed; else it is said which tests are left out, and why. Fails in neither case: those tests say so too.
import { spawnSync } from 'node:child_process'

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0
const isThere = () => succeeds('redis-server', '--version')

if (!isThere()) {
  const problem = install()
  if (problem !== undefined || !isThere()) {
    const why = problem ?? 'it was installed, but is not on the PATH'
    console.error(`redis-server is missing, and the suites that need it are left out: ${why}`)
  }
}

// Gives why it could not be installed.
function install() {
  if (!succeeds('apt-get', '--version')) return 'there is no apt-get to install it with'
  const isRoot = process.getuid?.() === 0
  if (!isRoot && !succeeds('sudo', '-n', 'true')) return 'only root may install it'
  const aptGet = (...args) => {
    // Without questions; sudo hands on no variable but those in its command. A fresh machine may be updating itself.
    const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args]
    const [command, ...rest] = isRoot ? apt : ['sudo', '-n', ...apt]
    const options = { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 }
    const { status, stderr, error } = spawnSync(command, rest, options)
    return status === 0 ? undefined : `apt-get ${args[0]} failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`
  }
  const packages = ['-y', '--no-install-recommends', 'redis-server']
  return aptGet('install', ...packages) === undefined ? undefined : (aptGet('update') ?? aptGet('install', ...packages))
}
