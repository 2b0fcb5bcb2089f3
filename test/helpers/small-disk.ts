// A disk of a few megabytes for tests of what happens when it is full: a tmpfs of its own, which only root can mount.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  folder: string
  /** Somebody else takes what is left, to the last byte. */
  fill(): Promise<void>
  empty(): void
}

/** @returns undefined where nothing can be mounted. */
export function mountSmallDisk (t: { teardown(work: () => unknown): void }, megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder]).status === 0
  t.teardown(() => {
    if (mounted) spawnSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  if (!mounted) return undefined
  const other = join(folder, 'of-somebody-else')
  return {
    folder,
    async fill () {
      const file = await open(other, 'a')
      try {
        for (const bytes of [65_536, 4_096, 1]) {
          for (;;) {
            if ((await file.write(Buffer.alloc(bytes)).catch(() => ({ bytesWritten: 0 }))).bytesWritten === 0) break
          }
        }
      } finally {
        await file.close()
      }
    },
    empty () {
      rmSync(other, { force: true })
    }
  }
}

export const noSmallDisk = 'a small disk can be mounted by root only'
