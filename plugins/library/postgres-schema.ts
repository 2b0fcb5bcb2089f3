// The tables of the index in Postgres. Those of an earlier version are dropped: the folder is the source of truth.
// Tested in test/plugins/library/postgres.test.ts.
import { SCHEMA } from '../postgres.ts'
import { SPELLINGS_DDL } from '../search/postgres-spellings.ts'
import { INDEX_VERSION } from './contract.ts'
import { AUDIENCES_DDL } from './postgres-audiences.ts'

const NAME = `library_${INDEX_VERSION}`
export const TABLE = `${SCHEMA}.${NAME}`
export const SPELLINGS = `${TABLE}_spellings`

/** The tables of every version before. */
const DROP_FORMER = `
  DO $$ DECLARE former text; BEGIN
    FOR former IN SELECT tablename FROM pg_tables WHERE schemaname = '${SCHEMA}' AND (
      tablename = 'documents'
      OR substring(tablename from '^library_([0-9]+)(?:_|$)')::integer < ${INDEX_VERSION}
    )
    LOOP EXECUTE format('DROP TABLE IF EXISTS ${SCHEMA}.%I', former); END LOOP;
  END $$;
`

// A path may be longer than a key of an index, so its digest is the key.
export const DDL = `
  ${DROP_FORMER}
  CREATE TABLE IF NOT EXISTS ${TABLE} (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL,
    part integer NOT NULL,
    parts integer NOT NULL,
    title text NOT NULL,
    type text NOT NULL,
    audience integer NOT NULL,
    language text NOT NULL,
    modified double precision NOT NULL,
    bytes bigint NOT NULL,
    text text NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS ${NAME}_id ON ${TABLE} (md5(id), part);
  CREATE INDEX IF NOT EXISTS ${NAME}_language ON ${TABLE} (audience, language);
  ALTER TABLE ${TABLE} ENABLE ROW LEVEL SECURITY;
  ${AUDIENCES_DDL(TABLE)}
  ${SPELLINGS_DDL(SPELLINGS)}
`
