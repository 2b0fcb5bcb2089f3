// Reports which paths of a folder changed, by one watch for each directory in it: what changes costs the same however
// many files lie beside it.
import { watch, type FSWatcher } from 'node:fs'
import { basename, join } from 'node:path'
import { isHidden, isRules } from './ignore-rules.ts'

export interface FolderWatcher {
  /**
   * Watches one directory, by its path inside the folder, if it is not watched yet. Call it before the directory is
   * read: no change falls between the two.
   */
  add(id: string): void
  /** Whether the folder itself is watched: it is not while it is missing. */
  isWatching(): boolean
  close(): void
}

interface Listener {
  /** @param id of a file or a directory that was added, changed or removed; empty for the whole folder. */
  changed(id: string): void
  /** A directory cannot be watched, for example because the system has no watches left. */
  failed(error: Error): void
}

/** @param root a real path. */
export function createFolderWatcher (root: string, { changed, failed }: Listener): FolderWatcher {
  const watchers = new Map<string, FSWatcher>()
  /** The directories in each, as far as one at or below them is watched: thousands are removed at once. */
  const inside = new Map<string, Set<string>>()

  function remember (id: string): void {
    for (let at = id; at !== ''; at = parentOf(at)) {
      const beside = inside.get(parentOf(at)) ?? new Set()
      if (beside.has(at)) return
      inside.set(parentOf(at), beside.add(at))
    }
  }

  /** What is at this path now may be another directory than the one that is watched. */
  function forget (id: string): void {
    const gone = [id]
    for (const each of gone) {
      for (const below of inside.get(each) ?? []) gone.push(below)
      inside.delete(each)
      watchers.get(each)?.close()
      watchers.delete(each)
    }
    inside.get(parentOf(id))?.delete(id)
  }

  function notice (directory: string, event: string, name: string | null): void {
    if (name === null) return changed(directory)
    // The folder itself was moved or deleted (or a file of its name was: then one read too many is made).
    if (directory === '' && event === 'rename' && name === basename(root)) {
      forget('')
      return changed('')
    }
    const id = directory === '' ? name : `${directory}/${name}`
    // Rules change what is read beside them; a link whose name begins with two dots is how Kubernetes updates a ConfigMap.
    if (isRules(name) || name.startsWith('..')) return changed(directory)
    if (isHidden(id)) return
    if (event === 'rename') forget(id)
    changed(id)
  }

  return {
    add (id) {
      if (watchers.has(id)) return
      try {
        const watcher = watch(join(root, id), (event, name) => notice(id, event, name))
        watchers.set(id, watcher)
        remember(id)
        // Some systems report a deleted directory as a fault of its watch.
        watcher.on('error', () => {
          forget(id)
          changed(id)
        })
      } catch (error) {
        // What is gone already is found missing by the read that asked for this.
        if ((error as { code?: string }).code !== 'ENOENT') failed(error as Error)
      }
    },
    isWatching: () => watchers.has(''),
    close: () => forget('')
  }
}

const parentOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('/')))
