// The last room on a disk is for sign-ins: notes, documents and journals stop growing first, say so, and go on by
// themselves when there is room again (SW-02).
import t from 'tap'
import { roomForSignIns } from '../../../../plugins/storage/sqlite/disk-room.ts'

const MB = 1024 * 1024

t.test('room for sign-ins: a tenth of the disk, 64 MB to 1 GB, of a small disk a quarter', async (t) => {
  t.same(
    [48, 256, 1_024, 4_096, 1_048_576].map((size) => Math.round(roomForSignIns(size * MB) / MB)),
    [12, 64, 102, 410, 1_024]
  )
})
