-- The right to write, held in the database itself.
--
-- The lease's generation and expiry are kept in two sequences, because a sequence is read
-- and written outside of snapshots: a transaction at any isolation level, however old, sees
-- its value of this very moment. Both are WAL-logged and so reach the standbys.
--
--   caisson.generation   the generation that holds the lease
--   caisson.expiry       microseconds since the epoch by this server's clock; 1 = sealed
--
-- Two tables of which services have no rights serve as locks, so that no service can take
-- one of them, except by writing:
--
--   caisson.writing   shared by writers until their transactions end; taken alone by a seal,
--                     which so waits for running writes and lets none slip past the check
--   caisson.turn      taken alone by whoever changes the lease
--
-- What stays open: a role may change its own password and settings (ALTER ROLE) on a fenced
-- server. These are no rows of any table, and are set again when the estate comes up.

CREATE SCHEMA IF NOT EXISTS caisson;
REVOKE ALL ON SCHEMA caisson FROM PUBLIC;

CREATE SEQUENCE IF NOT EXISTS caisson.generation MINVALUE 0 START 0;
CREATE SEQUENCE IF NOT EXISTS caisson.expiry MINVALUE 1 START 1;

-- A row is made and deleted at once for each writing statement: its deferred trigger is the
-- check at commit. `probe` is for `caisson.drawn_forward` only.
CREATE UNLOGGED TABLE IF NOT EXISTS caisson.writing (probe boolean NOT NULL);
CREATE UNLOGGED TABLE IF NOT EXISTS caisson.turn ();

CREATE OR REPLACE FUNCTION caisson.now_us() RETURNS bigint
LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint $$;

CREATE OR REPLACE VIEW caisson.lease AS
SELECT g.last_value AS generation,
       pg_catalog.to_timestamp(e.last_value / 1000000.0) AS expires_at,
       e.last_value = 1 AS sealed,
       e.last_value > caisson.now_us() AS valid
  FROM caisson.generation g, caisson.expiry e;

-- Lengthen the lease of `holder` to `until_us` (an absolute time: a renewal that was delayed
-- on its way, or inside a frozen server, lengthens nothing). An expired lease is never
-- renewed, only granted anew. Returns whether the lease is valid, and the server's clock.
CREATE OR REPLACE FUNCTION caisson.renew(holder bigint, until_us bigint,
                                         OUT valid boolean, OUT clock_us bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  LOCK TABLE caisson.turn IN EXCLUSIVE MODE;
  valid := (SELECT last_value FROM caisson.generation) = holder
       AND (SELECT last_value FROM caisson.expiry) > caisson.now_us();
  IF valid THEN
    PERFORM setval('caisson.expiry', greatest(until_us, (SELECT last_value FROM caisson.expiry)));
  END IF;
  clock_us := caisson.now_us();
END
$$;

-- Give the lease to a newer generation (or again to the one that holds it) to `until_us`,
-- an absolute time for the same reason. Returns likewise.
CREATE OR REPLACE FUNCTION caisson.take(holder bigint, until_us bigint,
                                        OUT valid boolean, OUT clock_us bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  LOCK TABLE caisson.turn IN EXCLUSIVE MODE;
  IF holder < (SELECT last_value FROM caisson.generation) THEN
    RAISE EXCEPTION 'generation % is older than %, which holds the lease', holder,
      (SELECT last_value FROM caisson.generation) USING ERRCODE = 'CS002';
  END IF;
  PERFORM setval('caisson.generation', holder);
  PERFORM setval('caisson.expiry', until_us);
  clock_us := caisson.now_us();
  valid := until_us > clock_us;
END
$$;

-- End the lease now: running writes end first, later ones are refused until the next grant,
-- which no generation before `successor` gets.
CREATE OR REPLACE FUNCTION caisson.seal(successor bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  LOCK TABLE caisson.turn IN EXCLUSIVE MODE;
  LOCK TABLE caisson.writing IN EXCLUSIVE MODE;
  PERFORM setval('caisson.generation', successor)
    FROM caisson.generation WHERE last_value < successor;
  PERFORM setval('caisson.expiry', 1);
END
$$;

-- The same without patience: running writes are refused at once, and those that are past
-- their check and still hold the lock are cut.
CREATE OR REPLACE FUNCTION caisson.cut(successor bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = 0 AS
$$
BEGIN
  LOCK TABLE caisson.turn IN EXCLUSIVE MODE;
  PERFORM setval('caisson.expiry', 1);
  PERFORM pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'caisson.writing'::regclass
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND granted AND pid <> pg_backend_pid();
  PERFORM caisson.seal(successor);
END
$$;

CREATE OR REPLACE FUNCTION caisson.require_lease() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  IF (SELECT last_value FROM caisson.expiry) <= caisson.now_us() THEN
    RAISE EXCEPTION 'fenced: generation % does not hold a valid lease here',
      (SELECT last_value FROM caisson.generation)
      USING ERRCODE = 'CS001', HINT = 'another server may hold the right to write by now';
  END IF;
END
$$;

-- Have the lease checked when this transaction commits, whatever was said before about
-- constraints (SET CONSTRAINTS ALL IMMEDIATE).
CREATE OR REPLACE FUNCTION caisson.check_at_commit() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
DECLARE
  place tid;
BEGIN
  SET CONSTRAINTS caisson.at_commit DEFERRED;
  INSERT INTO caisson.writing VALUES (false) RETURNING ctid INTO place;
  DELETE FROM caisson.writing WHERE ctid = place;
END
$$;

-- Whether the check was just drawn forward by SET CONSTRAINTS ... IMMEDIATE: then the trigger
-- of another row fires at once too, and at a commit it does not. Leaves nothing behind.
CREATE OR REPLACE FUNCTION caisson.drawn_forward() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  INSERT INTO caisson.writing VALUES (true);
  RAISE EXCEPTION 'deferred' USING ERRCODE = 'CS003';
EXCEPTION
  WHEN SQLSTATE 'CS003' THEN RETURN false;
  WHEN SQLSTATE 'CS004' THEN RETURN true;
END
$$;

-- Before each statement.
CREATE OR REPLACE FUNCTION caisson.guard_statement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  LOCK TABLE caisson.writing IN ROW EXCLUSIVE MODE;
  PERFORM caisson.require_lease();
  PERFORM caisson.check_at_commit();
  RETURN NULL;
END
$$;

-- At commit. A transaction that was suspended with its server ends here. A check that was
-- drawn forward is put off to the commit again; only a query that has the word in it, or one
-- inside another (a function, a DO block), can have done so, and only then is it worth a look.
-- A commit that would not wait for the disk or the standby is made to wait.
CREATE OR REPLACE FUNCTION caisson.guard_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
DECLARE
  frames text;
BEGIN
  IF NEW.probe THEN
    RAISE EXCEPTION 'drawn forward' USING ERRCODE = 'CS004';
  END IF;
  GET DIAGNOSTICS frames = PG_CONTEXT;
  IF (position(E'\n' IN frames) > 0
      OR position('constraints' IN lower(current_query() COLLATE "C")) > 0)
     AND caisson.drawn_forward() THEN
    PERFORM caisson.check_at_commit();
    RETURN NULL;
  END IF;
  PERFORM caisson.require_lease();
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  RETURN NULL;
END
$$;

DO
$$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger
                  WHERE tgrelid = 'caisson.writing'::regclass AND tgname = 'at_commit') THEN
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON caisson.writing
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION caisson.guard_commit();
  END IF;
END
$$;

-- Guard a table. Triggers fire in the order of their names: `!` is first.
CREATE OR REPLACE FUNCTION caisson.guard(guarded regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
BEGIN
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = guarded AND tgname = '!caisson_statement') THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TRIGGER "!caisson_statement" BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'
                 ' ON %s FOR EACH STATEMENT EXECUTE FUNCTION caisson.guard_statement()', guarded);
END
$$;

-- Ways to keep data that no table trigger sees are closed to everyone but the owner.
DO
$$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
           WHERE p.pronamespace = 'pg_catalog'::regnamespace
             AND p.proname ~ '^(lo_|lo(read|write)|be_lo)' LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;  -- before version 15 everybody may create tables there
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA caisson FROM PUBLIC;
