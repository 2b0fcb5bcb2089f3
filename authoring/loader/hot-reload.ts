// Loads the tools again when one of their files changes while the server runs: for development only.
import { registerHooks } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadOffer, type Offer } from './load.ts'

export interface Follower {
  /** Called with everything that is offered after a change. What it throws is passed to {@link Follower.failed}. */
  changed(offer: Offer, file: string): Promise<void> | void
  /** Called when a change could not be loaded: what was offered before stays. */
  failed(error: Error, file: string): void
}

/** Milliseconds in which an editor's several writes count as one change. */
const DEBOUNCE_MS = 100

/** @returns what ends it. Resolves once every later change will be noticed. */
export async function followTools (
  folders: readonly URL[],
  follower: Follower,
  offerOf = (version: number) => loadOffer(folders, version)
): Promise<() => Promise<void>> {
  const hooks = passVersionOn(folders)
  const { watch } = await import('chokidar')
  const watcher = watch(
    folders.map((folder) => fileURLToPath(folder)),
    { ignoreInitial: true, depth: 0 }
  )
  let timer: NodeJS.Timeout | undefined
  let version = Date.now()
  const load = async (file: string) => {
    try {
      await follower.changed(await offerOf(++version), file)
    } catch (error) {
      follower.failed(error as Error, file)
    }
  }
  watcher.on('all', (_event, path) => {
    if (!/\.[cm]?[jt]s$/.test(path)) return
    clearTimeout(timer)
    timer = setTimeout(load, DEBOUNCE_MS, basename(path))
  })
  // Such as a system that has no file watches left: changes are then loaded at the next start.
  watcher.on('error', (error) => follower.failed(error as Error, 'the folder of tools'))
  await new Promise<void>((resolve) => {
    watcher.on('ready', resolve)
  })
  return async () => {
    clearTimeout(timer)
    hooks.deregister()
    await watcher.close()
  }
}

/**
 * A file that was loaded as a version takes its neighbors in the same version, so that a changed helper is seen too.
 */
function passVersionOn (folders: readonly URL[]): { deregister(): void } {
  const homes = folders.map(({ href }) => (href.endsWith('/') ? href : `${href}/`))
  const isOurs = (url: string | undefined): boolean => homes.some((home) => url?.startsWith(home))
  return registerHooks({
    resolve (specifier, context, next) {
      const resolved = next(specifier, context)
      const version =
        context.parentURL !== undefined && isOurs(context.parentURL)
          ? new URL(context.parentURL).searchParams.get('version')
          : null
      return version !== null && isOurs(resolved.url) && !resolved.url.includes('?')
        ? { ...resolved, url: `${resolved.url}?version=${version}` }
        : resolved
    }
  })
}
