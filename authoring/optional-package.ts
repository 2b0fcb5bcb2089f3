// A package that only some servers need, and that npm does not install by itself (`peerDependenciesMeta` in package.json).
// It is for the code of this package; authors import what their own project depends on.

/**
 * @param load for example `() => import('prom-client')`.
 * @returns undefined where the package is not installed. @throws what the package throws when it is loaded.
 */
export async function findPackage<Module> (load: () => Promise<Module>): Promise<Module | undefined> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
