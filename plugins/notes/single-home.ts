// Keeps notes from being split: instances that share their sign-ins on Redis must not each keep notes in a file of
// their own.
import { StorageUnavailable, type Collection } from '../storage/contract.ts'
import { NoteRefusal } from './contract.ts'

/** The one record that says where the notes of all instances are: the identity of a SQLite file. */
export interface NotesHome {
  identity: string
}

const KEY = 'notes'

export interface SingleHome {
  /** Before each write: the first one makes this file the home of all notes. @throws NoteRefusal */
  checkWrite(): Promise<void>
  /**
   * Before the notes of somebody who is deleted are: where another file has them, they would stay there for good. The next
   * sweep of the instance that has it goes on with the deletion.
   * @throws StorageUnavailable
   */
  checkRemoval(): Promise<void>
}

/**
 * @param homes in the storage that the instances share.
 * @param identity of this instance's file.
 * @throws Error at the start, when the notes are in another file.
 */
export async function openSingleHome (homes: Collection<NotesHome>, identity: string): Promise<SingleHome> {
  const known = await homes.find(KEY)
  if (known && known.identity !== identity) {
    throw new Error(
      'The notes of this server are in the SQLite file of another DATA_DIR, and people would not find them here. ' +
        'If several instances run on this REDIS_URL, set DATABASE_URL, so that they share the notes. If this is the only one, give it its old DATA_DIR back; ' +
        "or, if those notes may be lost, delete the key that redis-cli --scan --pattern '*notes-home*' shows, and start again."
    )
  }
  let isOurs = known !== undefined
  return {
    async checkWrite () {
      if (isOurs) return
      await homes.create(KEY, { identity }, null)
      isOurs = (await homes.find(KEY))?.identity === identity
      if (!isOurs) {
        throw new NoteRefusal(
          'full',
          'Notes cannot be written here: another instance of this server keeps them. Ask the person who runs this server to set DATABASE_URL, so that all instances share the notes.'
        )
      }
    },
    async checkRemoval () {
      const home = isOurs ? undefined : await homes.find(KEY)
      if (home && home.identity !== identity) {
        throw new StorageUnavailable('another instance keeps the notes: set DATABASE_URL, so that all instances share them')
      }
    }
  }
}
