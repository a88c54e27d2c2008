// The tests on a real Redis need redis-server. Where it is missing, and the system has a package that we may install,
// it is installed; else it is said which tests are left out, and why. Fails in neither case: those tests say so too.
import { spawnSync } from 'node:child_process'

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0
const isThere = () => succeeds('redis-server', '--version')

if (!isThere()) {
  const problem = install()
  if (problem !== undefined || !isThere()) {
    const why = problem ?? 'it was installed, but is not on the PATH'
    console.error(
      `redis-server is missing, and the suites of test/redis and test/synced that need it are left out: ${why}`,
    )
  }
}

// Gives why it could not be installed.
function install() {
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
  const packages = ['-y', '--no-install-recommends', 'redis-server']
  return aptGet('install', ...packages) === undefined ? undefined : (aptGet('update') ?? aptGet('install', ...packages))
}
